/** The words of the wire, in words for people. A word that is not known yet is shown as it is. */

import type { Band, Intervention, Mode, Status } from "../contract/wire";

export const BANDS: Record<Band, string> = { low: "Low", fair: "Fair", usual: "As usual", high: "High" };

const KINDS: Record<string, string> = {
  POLL: "Poll",
  CHAT_PROMPT: "Chat prompt",
  NUDGE: "Nudge",
  QNA_PROMOTE: "Question put forward",
};

const CLASSES: Record<string, string> = {
  SUDDEN_DROP: "sudden drop",
  GRADUAL_DECLINE: "gradual decline",
  LOW_ENGAGEMENT: "low engagement",
  MASS_EXIT: "mass exit",
  INSUFFICIENT_DATA: "too little data",
};

const SEGMENTS: Record<string, string> = {
  EVERYONE: "everyone",
  DISENGAGED: "those who stopped taking part",
  LURKERS: "those who never took part",
  FIRST_TIME: "newcomers",
};

const PHASES: Record<string, string> = {
  opening: "Opening",
  middle: "Middle",
  closing: "Closing",
  qa: "Questions",
  break: "Break",
};

export const MODES: Record<Mode, string> = {
  off: "Off: watch",
  suggest: "Suggest",
  assist: "Assist",
  auto: "Auto",
};

const OUTCOMES: Record<string, string> = {
  measured: "measured",
  failed: "failed",
  refused: "refused",
  expired: "expired",
  declined: "declined",
  cancelled: "cancelled",
  unanswered: "not answered",
  censored: "not measured: the session ended or took a break",
};

export const kind = (name: string): string => KINDS[name] ?? plain(name);
export const anomalyClass = (name: string): string => CLASSES[name] ?? plain(name);
export const segment = (name: string): string => SEGMENTS[name] ?? plain(name);
export const phase = (name: string): string => PHASES[name] ?? plain(name);
export const outcome = (name: string): string => OUTCOMES[name] ?? plain(name);
export const sessionType = (name: string): string => capital(plain(name));

/** What came of an effect. */
export function effect(name: string | null): string | null {
  if (name === null) return null;
  return name === "none" ? "no effect" : plain(name);
}

const STATUSES: Record<Status, string> = {
  proposed: "Proposed",
  approved: "Executing",
  done: "Done",
  failed: "Failed",
  refused: "Refused",
  declined: "Declined",
  expired: "Expired",
  cancelled: "Cancelled",
  held_out: "Control",
};

/** How far it has come, in a word. */
export const statusWord = (name: Status): string => STATUSES[name] ?? capital(plain(name));

/** The status of a card. It never says more than the stream has said. */
export function status(of: Intervention): string {
  const word = statusWord(of.status);
  return of.status === "approved" ? `${isByItself(of) ? "Auto" : "Approved"}, executing` : word;
}

/** Who decided it: "approved by ana", "sent by itself". Null while nobody has, or nobody needs to. */
export function decidedBy(of: Intervention): string | null {
  if (of.status === "held_out") return "left alone on purpose";
  if (of.decided_by !== null) return `${of.status === "declined" ? "declined" : "approved"} by ${of.decided_by}`;
  return ["approved", "done", "failed"].includes(of.status) && isByItself(of) ? "sent by itself" : null;
}

/** Both in one: "Done, approved by ana"; "Declined by bo". */
export function statusAndWho(of: Intervention): string {
  const [word, who] = [status(of), decidedBy(of)];
  if (who === null) return word;
  return who.startsWith(word.toLowerCase()) ? capital(who) : `${word}, ${who}`;
}

function isByItself(of: Intervention): boolean {
  return of.decided_by === null && (of.mode === "auto" || of.mode === "assist");
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
