/** How much of the course the chart shows. */

import type { Point, Session } from "../contract/wire";

export type Range = "5m" | "15m" | "1h" | "all";

export const RANGES: readonly { range: Range; label: string; inWords: string }[] = [
  { range: "5m", label: "5 m", inWords: "the last 5 minutes" },
  { range: "15m", label: "15 m", inWords: "the last 15 minutes" },
  { range: "1h", label: "1 h", inWords: "the last hour" },
  { range: "all", label: "All", inWords: "the whole session" },
];

const SPANS_MS: Record<Exclude<Range, "all">, number> = { "5m": 300_000, "15m": 900_000, "1h": 3_600_000 };
const ALL_MS_MIN = 60_000;

export interface Window {
  from_ms: number;
  to_ms: number;
}

/** A session that has ended stands still at its end. */
export function windowOf(range: Range, session: Session, points: readonly Point[], now: number): Window {
  const last = points.at(-1)?.at_ms ?? now;
  // Whole seconds: what the axis says at its marks.
  const to = 1_000 * Math.ceil((session.ended_ms === null ? Math.max(now, last) : Math.max(session.ended_ms, last)) / 1_000);
  if (range !== "all") return { from_ms: to - SPANS_MS[range], to_ms: to };
  const first = Math.min(session.started_ms ?? Infinity, points[0]?.at_ms ?? Infinity, to - ALL_MS_MIN);
  return { from_ms: first, to_ms: to };
}

/** Two ticks: what is missing by less is not missing. */
const SLACK_MS = 10_000;

/** The part of a window that is older than the points at hand, and worth asking for; null when there is none. */
export function missing(window: Window, session: Session, known: readonly Point[]): Window | null {
  const from = Math.max(window.from_ms, session.started_ms ?? -Infinity);
  const to = known[0]?.at_ms ?? window.to_ms;
  return to - from > SLACK_MS ? { from_ms: from, to_ms: to } : null;
}
