/** Reading what is not a stream. */

import type { Ops, Setting } from "../contract/ops";
import type { History, Me, Summary } from "../contract/wire";
import { authorization } from "./token";

const PATIENCE_MS = 10_000;

export async function me(): Promise<Me> {
  const response = await fetch("/api/me", { headers: authorization(), signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.status === 401) return { actor: null, can_act: false };
  return body<Me>(response);
}

export async function history(session: string, fromMs: number, toMs: number): Promise<History> {
  const range = new URLSearchParams({ from_ms: String(Math.floor(fromMs)), to_ms: String(Math.ceil(toMs)) });
  return body<History>(await fetch(`${sessionPath(session)}/history?${range}`, { signal: AbortSignal.timeout(PATIENCE_MS) }));
}

export async function summary(session: string): Promise<Summary> {
  return body<Summary>(await fetch(`${sessionPath(session)}/summary`, { signal: AbortSignal.timeout(PATIENCE_MS) }));
}

/** Where a table of a session is taken from. */
export function exportPath(session: string, table: "engagement-metrics" | "interventions", format: "csv" | "jsonl"): string {
  return `${sessionPath(session)}/export/${table}.${format}`;
}

export async function ops(): Promise<Ops> {
  return body<Ops>(await fetch("/api/ops", { signal: AbortSignal.timeout(PATIENCE_MS) }));
}

/** The settings in force; null for those who may not see them. */
export async function configuration(): Promise<Setting[] | null> {
  const response = await fetch("/api/ops/configuration", { headers: authorization(), signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.status === 401) return null;
  return (await body<{ settings: Setting[] }>(response)).settings;
}

export function sessionPath(session: string): string {
  return `/api/sessions/${encodeURIComponent(session)}`;
}

async function body<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return (await response.json()) as T;
}
