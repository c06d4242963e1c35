/** What a summary says, and where things stand on its time line. Pure. */

import type { Summary, SummaryLine, Worth } from "../contract/wire";
import * as format from "../text/format";
import { alarms, columns } from "./points";

/** The net effect in a sentence. */
export function effectWords({ measured, reward_mean }: Worth): string {
  if (measured === 0 || reward_mean === null) return "Net effect against control: not known, as no intervention was measured.";
  return `Net effect against control: ${format.signedPoints(reward_mean)} on average over ${format.count(measured, "measured intervention", "measured interventions")}.`;
}

/** What happened without an intervention; null: nothing was left alone. */
export function controlWords({ controls, control_change_mean }: Worth): string | null {
  if (controls === 0 || control_change_mean === null) return null;
  return `Left alone on purpose: ${times(controls)}, and ${format.signedPoints(control_change_mean)} by itself.`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${format.thousands(count)} times`;
}

/** The figures, each with its name. */
export function figures(of: Summary): [string, string][] {
  return [
    ["Mean score", format.score(of.score_mean)],
    ["Lowest score", format.score(of.score_min)],
    ["Most people", format.thousands(of.people_max)],
    ["Watched for", of.from_ms === null || of.to_ms === null ? "–" : format.span(of.to_ms - of.from_ms)],
  ];
}

/** A part of the time line, from 0 to 1 of its width. */
export interface Shade {
  from: number;
  to: number;
  level: "warning" | "critical";
}

export interface Timeline {
  /** Score by place, both from 0 to 1; a null score is a hole. */
  line: [number, number | null][];
  alarms: Shade[];
  markers: { line: SummaryLine; place: number }[];
}

/** Where things stand between the first tick and the last. */
export function timeline(of: Summary): Timeline {
  const [from, to] = [of.from_ms, of.to_ms];
  if (from === null || to === null || to <= from) return { line: [], alarms: [], markers: [] };
  const place = (atMs: number): number => Math.min(1, Math.max(0, (atMs - from) / (to - from)));
  const [times, scores] = columns(of.points);
  return {
    line: times.map((at, i) => [place(at), scores[i] ?? null]),
    alarms: alarms(of.points).map((alarm) => ({ from: place(alarm.from_ms), to: place(alarm.to_ms), level: alarm.level })),
    markers: of.interventions.map((line) => ({ line, place: place(line.at_ms) })),
  };
}

/** When it was done, on the session's own watch. */
export function watch(of: Summary, atMs: number): string {
  return of.from_ms === null ? "" : format.span(atMs - of.from_ms);
}
