/** What the server sends, as docs/dashboard-api.md describes it. Times are milliseconds since the epoch; null is "not known". */

export type Mode = "off" | "suggest" | "assist" | "auto";
export type Band = "low" | "fair" | "usual" | "high";
export type Level = "none" | "warning" | "critical";
export type Decision = "approved" | "edited" | "declined";
export type Status =
  | "proposed" | "approved" | "done" | "failed" | "refused" | "declined" | "expired" | "cancelled" | "held_out";

export interface Budget {
  used: number;
  of: number;
  span_ms: number;
  /** When the next one is allowed; null when one is allowed now. */
  next_at_ms: number | null;
}

/** The five terms of a score: 0 to 1, and 0.70 is as usual. */
export interface Terms {
  chat: number | null;
  poll: number | null;
  active: number | null;
  reactions: number | null;
  stay: number | null;
}

export interface Anomaly {
  score: number;
  level: Level;
  class: string | null;
  reason: string | null;
}

export interface Score {
  at_ms: number;
  score: number | null;
  score_90s: number | null;
  band: Band | null;
  people: number | null;
  signals_known: number;
  change_5min: number | null;
  sentence: string | null;
  terms: Terms | null;
  anomaly: Anomaly | null;
}

export interface Session {
  session: string;
  title: string | null;
  type: string | null;
  speaker: string | null;
  started_ms: number | null;
  ended_ms: number | null;
  phase: string | null;
  people: number | null;
  people_peak: number | null;
  mode: Mode;
  mode_by: string | null;
  mode_at_ms: number | null;
  paused: boolean;
  paused_by: string | null;
  paused_at_ms: number | null;
  revision: number;
  open_proposals: number;
  is_warming_up: boolean;
  silent_topics: string[];
  budget: Budget | null;
  score: Score | null;
}

/** One tick. `chat`, `reactions` and `leave` are per minute, `poll` is the share that votes. */
export interface Point {
  at_ms: number;
  score: number | null;
  score_90s: number | null;
  level: Level;
  class: string | null;
  people: number | null;
  chat: number | null;
  reactions: number | null;
  poll: number | null;
  leave: number | null;
}

export interface Feedback {
  kind: string;
  at_ms: number;
  attempts: number;
  provider: string | null;
  cost_usd: number | null;
  error: string | null;
}

export interface Outcome {
  outcome: string;
  effect: "success" | "none" | "backfired" | null;
  change: number | null;
  /** The change less what happens without an intervention. */
  reward: number | null;
  score_before: number | null;
  score_after: number | null;
}

export interface Pending {
  decision: Decision;
  actor: string | null;
  at_ms: number;
}

export interface Intervention {
  command: string;
  kind: string;
  variant: string | null;
  at_ms: number;
  what: string;
  why: string[];
  class: string | null;
  segment: string | null;
  confidence: number | null;
  status: Status;
  status_at_ms: number | null;
  expires_at_ms: number | null;
  mode: Mode | null;
  content: string | null;
  suggested: string | null;
  decided_by: string | null;
  decided_at_ms: number | null;
  decline_reason: string | null;
  pending: Pending | null;
  revision: number;
  feedback: Feedback | null;
  outcome: Outcome | null;
}

export interface Executor {
  state: "here" | "away" | "unknown";
}

export interface Snapshot {
  now_ms: number;
  speed: number;
  session: Session;
  points: Point[];
  interventions: Intervention[];
  executor: Executor;
}

export interface Delta {
  now_ms: number;
  session?: Session;
  points?: Point[];
  interventions?: Intervention[];
  executor?: Executor;
}

export interface Heartbeat {
  now_ms: number;
}

export interface Sessions {
  now_ms: number;
  speed: number;
  sessions: Session[];
}

export interface History {
  points: Point[];
  step_ms: number;
}

/** An intervention of a session that is over, in a line. */
export type SummaryLine = Pick<Intervention, "command" | "at_ms" | "kind" | "what" | "status" | "outcome">;

/** What is left of a session. */
export interface Summary {
  session: string;
  /** `topics`: there is no database, so it is the last hour, and there is nothing to take along. */
  source: "history" | "topics";
  ticks: number;
  from_ms: number | null;
  to_ms: number | null;
  score_mean: number | null;
  score_min: number | null;
  people_max: number | null;
  points: Point[];
  step_ms: number;
  /** The oldest first. */
  interventions: SummaryLine[];
  is_cut: boolean;
  effect: Worth;
}

/** What the interventions of a session were worth. */
export interface Worth {
  measured: number;
  change_mean: number | null;
  /** The net effect: the change less what happens without an intervention. */
  reward_mean: number | null;
  controls: number;
  control_change_mean: number | null;
}

export interface Me {
  actor: string | null;
  can_act: boolean;
}

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  decided_by?: string;
  decided_at_ms?: number;
}
