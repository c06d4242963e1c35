/** The course of a session: points in the order of their time, each time once. */

import type { Level, Point } from "../contract/wire";

/** A limit on what one tab keeps: more than 24 hours of ticks. */
export const POINTS_MAX = 20_000;

/** `more` after `points`; one whose time is known replaces it. */
export function merge(points: readonly Point[], more: readonly Point[]): Point[] {
  const last = points.at(-1)?.at_ms ?? -Infinity;
  const isInOrder = more.every((point, i) => point.at_ms > (i === 0 ? last : more[i - 1]!.at_ms));
  const merged = isInOrder ? [...points, ...more] : sorted(points, more);
  return merged.length > POINTS_MAX ? merged.slice(merged.length - POINTS_MAX) : merged;
}

function sorted(points: readonly Point[], more: readonly Point[]): Point[] {
  const byTime = new Map<number, Point>();
  for (const point of points) byTime.set(point.at_ms, point);
  for (const point of more) byTime.set(point.at_ms, point);
  return [...byTime.values()].sort((a, b) => a.at_ms - b.at_ms);
}

/** Those from `fromMs` on. */
export function since(points: readonly Point[], fromMs: number): readonly Point[] {
  const start = firstAtOrAfter(points, fromMs);
  return start === 0 ? points : points.slice(start);
}

function firstAtOrAfter(points: readonly Point[], atMs: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.at_ms < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface Alarm {
  from_ms: number;
  to_ms: number;
  level: Exclude<Level, "none">;
  class: string | null;
}

const TICK_MS = 5_000;

/** Runs of points with an alarm. The worst level, and what it was called when it was first that bad, stand for the run. */
export function alarms(points: readonly Point[]): Alarm[] {
  const found: Alarm[] = [];
  let open: Alarm | null = null;
  for (const point of points) {
    if (point.level === "none") {
      open = null;
      continue;
    }
    if (open === null) {
      open = { from_ms: point.at_ms, to_ms: point.at_ms + TICK_MS, level: point.level, class: point.class };
      found.push(open);
      continue;
    }
    open.to_ms = point.at_ms + TICK_MS;
    if (point.level === "critical" && open.level !== "critical") {
      open.level = "critical";
      open.class = point.class ?? open.class;
    }
    open.class ??= point.class;
  }
  return found;
}

/** Columns for a chart: time and score, with an empty one where so much is missing that a line would tell a lie. */
export function columns(points: readonly Point[]): [number[], (number | null)[]] {
  const times: number[] = [];
  const scores: (number | null)[] = [];
  const hole = 4 * Math.max(TICK_MS, medianStep(points));
  let before: number | null = null;
  for (const point of points) {
    if (before !== null && point.at_ms - before > hole) {
      times.push(before + 1);
      scores.push(null);
    }
    times.push(point.at_ms);
    scores.push(point.score);
    before = point.at_ms;
  }
  return [times, scores];
}

function medianStep(points: readonly Point[]): number {
  const steps = points.slice(1).map((point, i) => point.at_ms - points[i]!.at_ms).sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}
