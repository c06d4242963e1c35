/** What the tests build on: one of each thing, and what differs. */

import type { Intervention, Point, Session, Snapshot, Summary } from "../src/contract/wire";

export const MINUTE = 60_000;

export function point(at_ms: number, more: Partial<Point> = {}): Point {
  return { at_ms, score: 0.7, score_90s: 0.7, level: "none", class: null, people: 12, chat: 3, reactions: 1, poll: null, leave: 0, ...more };
}

export function session(more: Partial<Session> = {}): Session {
  return {
    session: "s-1", title: "Streams", type: "workshop", speaker: null, started_ms: 0, ended_ms: null, phase: "middle",
    people: 12, people_peak: 20, mode: "suggest", mode_by: null, mode_at_ms: null, paused: false, paused_by: null, paused_at_ms: null,
    revision: 12, open_proposals: 0, is_warming_up: false, silent_topics: [],
    budget: { used: 2, of: 6, span_ms: 60 * MINUTE, next_at_ms: null },
    score: {
      at_ms: 0, score: 0.7, score_90s: 0.7, band: "usual", people: 12, signals_known: 4, change_5min: 0, sentence: null,
      terms: { chat: 0.4, poll: null, active: 0.7, reactions: 0.6, stay: 0.9 }, anomaly: null,
    },
    ...more,
  };
}

export function intervention(more: Partial<Intervention> = {}): Intervention {
  return {
    command: "c-1", kind: "POLL", variant: null, at_ms: 0, what: "Start a poll", why: [], class: null, segment: "EVERYONE", confidence: 0.8,
    status: "proposed", status_at_ms: 0, expires_at_ms: 5 * MINUTE, mode: "suggest", content: null, suggested: null, decided_by: null,
    decided_at_ms: null, decline_reason: null, pending: null, revision: 3, feedback: null, outcome: null, ...more,
  };
}

export function snapshot(more: Partial<Snapshot> = {}): Snapshot {
  return { now_ms: 0, speed: 1, session: session(), points: [], interventions: [], executor: { state: "here" }, ...more };
}

export function summary(more: Partial<Summary> = {}): Summary {
  return {
    session: "s-1", source: "history", ticks: 0, from_ms: null, to_ms: null, score_mean: null, score_min: null, people_max: null,
    points: [], step_ms: 5_000, interventions: [], is_cut: false,
    effect: { measured: 0, change_mean: null, reward_mean: null, controls: 0, control_change_mean: null }, ...more,
  };
}
