/** The four signals that the tiles show. */

import type { Point, Terms } from "../contract/wire";
import { bandOf } from "./band";
import { since } from "./points";

export type Signal = "chat" | "reactions" | "poll" | "leave";

export const SIGNALS: readonly Signal[] = ["chat", "reactions", "poll", "leave"];

const LOOK_BACK_MS = 5 * 60_000;
const SPARK_SPAN_MS = 15 * 60_000;
const SPARK_VALUES_MAX = 90;

export interface Reading {
  signal: Signal;
  value: number | null;
  /** Against five minutes ago. */
  change: number | null;
  /** Against what is usual here, by the score's own term; null when the term is not known. */
  against: "below" | "as" | "above" | null;
  spark: (number | null)[];
}

export function reading(signal: Signal, points: readonly Point[], terms: Terms | null): Reading {
  const last = points.at(-1);
  const value = last?.[signal] ?? null;
  const before = last === undefined ? null : valueNear(points, signal, last.at_ms - LOOK_BACK_MS);
  return {
    signal,
    value,
    change: value === null || before === null ? null : value - before,
    against: against(termOf(signal, terms)),
    spark: spark(points, (point) => point[signal]),
  };
}

/** The last 15 minutes of a value, thinned to what a few pixels can show. */
export function spark(points: readonly Point[], of: (point: Point) => number | null): (number | null)[] {
  const last = points.at(-1);
  if (last === undefined) return [];
  const recent = since(points, last.at_ms - SPARK_SPAN_MS);
  const every = Math.max(1, Math.ceil(recent.length / SPARK_VALUES_MAX));
  const first = (recent.length - 1) % every;
  return recent.filter((_, i) => i % every === first).map(of);
}

function valueNear(points: readonly Point[], signal: Signal, atMs: number): number | null {
  const point = since(points, atMs)[0];
  return point === undefined || point.at_ms - atMs > 30_000 ? null : point[signal];
}

function termOf(signal: Signal, terms: Terms | null): number | null {
  if (terms === null) return null;
  return signal === "leave" ? terms.stay : terms[signal];
}

function against(term: number | null): Reading["against"] {
  if (term === null) return null;
  const band = bandOf(term);
  return band === "usual" ? "as" : band === "high" ? "above" : "below";
}
