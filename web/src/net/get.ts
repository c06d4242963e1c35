/** Reading what is not a stream. */

import type { Ops } from "../contract/ops";
import type { History, Me } from "../contract/wire";
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

export async function ops(): Promise<Ops> {
  return body<Ops>(await fetch("/api/ops", { signal: AbortSignal.timeout(PATIENCE_MS) }));
}

export function sessionPath(session: string): string {
  return `/api/sessions/${encodeURIComponent(session)}`;
}

async function body<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return (await response.json()) as T;
}
