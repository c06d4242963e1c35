import type { Executor, Intervention } from "./wire";

/** What `GET /api/ops` answers. */
export interface Ops {
  now_ms: number;
  application_id: string;
  version: string;
  instances: Instance[];
  topics: TopicRate[];
  commands: OpsCommand[];
  dead_letters: DeadLetter[];
  executor: Executor;
  health: Health[];
}

export interface Instance {
  url: string;
  ready: boolean;
  reasons: string[];
  tasks: Task[];
  /** Threads that have gone wrong. */
  troubles: Trouble[];
}

export interface Trouble {
  thread: number;
  replaced: number;
  error: string | null;
}

export interface Task {
  task: string;
  state: string;
  role: string;
  /** Records that are not processed yet. */
  lag: number | null;
  stream_time_ms: number | null;
  committed_at_ms: number | null;
  /** Why it does not process; null when it does. */
  blocked: string | null;
  /** Offsets of its changelogs: those left to be restored, and how many there were. */
  restore: [number, number] | null;
  /** Records that its stores were restored from. */
  restored: number;
  /** Why its stores were made anew. */
  rebuilt: string | null;
  uncommitted_bytes: number;
}

/** A setting in force, redacted, and who set it. */
export interface Setting {
  key: string;
  value: unknown;
  origin: { layer: string; path?: string; line?: number; name?: string };
}

export interface TopicRate {
  topic: string;
  records_per_s: number | null;
}

export interface OpsCommand {
  session: string;
  intervention: Intervention;
}

export interface DeadLetter {
  at_ms: number;
  topic: string;
  partition: number;
  offset: number;
  key: string | null;
  cause: string;
  value: string | null;
}

export interface Health {
  what: string;
  ok: boolean;
  detail: string | null;
}
