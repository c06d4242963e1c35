/** Numbers and times as people write them. Pure: all are told the time. */

const NOT_KNOWN = "–";
const MINUS = "−";

/** Whole points of a score or of a difference of scores: 0.01 is one point. Never −0. */
export function points(score: number): number {
  return Math.round(score * 100) + 0;
}

export function score(value: number | null | undefined): string {
  return isKnown(value) ? String(points(value)) : NOT_KNOWN;
}

/** A difference with its sign: "+12", "−4", "0". */
export function signed(value: number): string {
  const whole = Math.round(value) + 0;
  return whole > 0 ? `+${whole}` : whole < 0 ? `${MINUS}${-whole}` : "0";
}

/** A difference of scores in points: "+12 points". */
export function signedPoints(change: number): string {
  const whole = points(change);
  return `${signed(whole)} ${Math.abs(whole) === 1 ? "point" : "points"}`;
}

/** "1,204". */
export function thousands(value: number | null | undefined): string {
  if (!isKnown(value)) return NOT_KNOWN;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",").replace(/^-/, MINUS);
}

export function count(value: number, singular: string, plural: string): string {
  return `${thousands(value)} ${Math.round(value) === 1 ? singular : plural}`;
}

/** A rate: one decimal below ten, none from there on. */
export function rate(value: number | null | undefined): string {
  if (!isKnown(value)) return NOT_KNOWN;
  const shown = Math.abs(value) < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : thousands(value);
  return shown.replace(/^-(0)?$/, "0").replace(/^-/, MINUS);
}

/** An amount of data: "900 B", "12 kB", "3.4 MB". */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let [amount, unit] = [Math.max(0, value), 0];
  while (amount >= 1_000 && unit < units.length - 1) [amount, unit] = [amount / 1_000, unit + 1];
  return `${unit > 0 && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
}

export function percent(share: number | null | undefined): string {
  return isKnown(share) ? `${Math.round(share * 100)} %` : NOT_KNOWN;
}

/** A span as on a stop watch: "4:10", "1:02:03". */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** What is left, rounded up: a countdown must not say 0:00 while there is time. */
export function countdown(ms: number): string {
  return span(Math.ceil(Math.max(0, ms) / 1_000) * 1_000);
}

/** How long ago, in the largest unit: "3 s", "12 min", "2 h", "3 d". */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** The time of day here: "14:03:20". */
export function timeOfDay(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? TIME_OF_DAY.format(ms) : NOT_KNOWN;
}

const TIME_OF_DAY = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** "30 Nov, 14:03": for what may be of another day. */
export function dateAndTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? DATE_AND_TIME.format(ms) : NOT_KNOWN;
}

const DATE_AND_TIME = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** What follows "per" or "in this": "hour", "30 minutes". */
export function spanInWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes === 60) return "hour";
  return minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}
