/** Which cards the feed shows, and what can be done with one. */

import type { Executor, Intervention, Status } from "../contract/wire";

export type Filter = "all" | "open" | "acted" | "dropped" | "controls";

export const FILTERS: readonly { filter: Filter; label: string }[] = [
  { filter: "all", label: "All" },
  { filter: "open", label: "Open" },
  { filter: "acted", label: "Acted" },
  { filter: "dropped", label: "Dropped" },
  { filter: "controls", label: "Controls" },
];

const SHOWN: Record<Exclude<Filter, "all">, readonly Status[]> = {
  open: ["proposed"],
  acted: ["approved", "done", "failed"],
  dropped: ["refused", "declined", "expired", "cancelled"],
  controls: ["held_out"],
};

export function passes(filter: Filter, intervention: Intervention): boolean {
  return filter === "all" || SHOWN[filter].includes(intervention.status);
}

/** The feed as it stands, or as it stood when a person held it: then new ones only count. */
export interface Held {
  /** The commands known when it was held; null while it runs. */
  known: ReadonlySet<string> | null;
}

export function shown(
  interventions: readonly Intervention[],
  filter: Filter,
  held: Held,
): { cards: readonly Intervention[]; waiting: number } {
  const passing = interventions.filter((intervention) => passes(filter, intervention));
  const known = held.known;
  if (known === null) return { cards: passing, waiting: 0 };
  const cards = passing.filter((intervention) => known.has(intervention.command));
  return { cards, waiting: passing.length - cards.length };
}

/** Why a person can not approve or decline it now; null when they can. */
export type WhyNot = "decided" | "expired" | "sending" | "read_only" | "executor_away";

export interface Choices {
  approve: WhyNot | null;
  decline: WhyNot | null;
}

export function choices(
  intervention: Intervention,
  nowMs: number,
  executor: Executor,
  canAct: boolean,
  isSending: boolean,
): Choices {
  const decline = whyNot(intervention, nowMs, canAct, isSending);
  // Declining needs no executor: nothing is carried out.
  return { decline, approve: decline ?? (executor.state === "away" ? "executor_away" : null) };
}

function whyNot(intervention: Intervention, nowMs: number, canAct: boolean, isSending: boolean): WhyNot | null {
  if (intervention.status !== "proposed") return "decided";
  if (isSending || intervention.pending !== null) return "sending";
  if (hasExpired(intervention, nowMs)) return "expired";
  return canAct ? null : "read_only";
}

export function hasExpired(intervention: Intervention, nowMs: number): boolean {
  return intervention.expires_at_ms !== null && intervention.expires_at_ms <= nowMs;
}

/** The newest proposal that nobody has decided. */
export function newestProposal(cards: readonly Intervention[], nowMs: number): Intervention | null {
  return cards.find((card) => card.status === "proposed" && card.pending === null && !hasExpired(card, nowMs)) ?? null;
}
