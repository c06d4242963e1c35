/** What one session's page knows, and how each event changes it. */

import type { Delta, Executor, Intervention, Point, Session, Snapshot } from "../contract/wire";
import { merge } from "./points";

/** More rows than this nobody reads. */
export const INTERVENTIONS_MAX = 500;

export interface SessionModel {
  session: Session;
  points: readonly Point[];
  /** Newest first. */
  interventions: readonly Intervention[];
  executor: Executor;
}

/** A snapshot replaces everything. */
export function fromSnapshot(snapshot: Snapshot): SessionModel {
  return {
    session: snapshot.session,
    points: merge([], snapshot.points),
    interventions: newestFirst(snapshot.interventions),
    executor: snapshot.executor,
  };
}

/** In a delta, the session replaces, points are appended, interventions replace those of the same command or are new. */
export function withDelta(model: SessionModel, delta: Delta): SessionModel {
  return {
    session: delta.session ?? model.session,
    points: delta.points === undefined ? model.points : merge(model.points, delta.points),
    interventions:
      delta.interventions === undefined ? model.interventions : replaced(model.interventions, delta.interventions),
    executor: delta.executor ?? model.executor,
  };
}

function replaced(known: readonly Intervention[], changed: readonly Intervention[]): readonly Intervention[] {
  const byCommand = new Map(known.map((intervention) => [intervention.command, intervention]));
  for (const intervention of changed) byCommand.set(intervention.command, intervention);
  return newestFirst([...byCommand.values()]);
}

function newestFirst(interventions: readonly Intervention[]): readonly Intervention[] {
  return [...interventions]
    .sort((a, b) => b.at_ms - a.at_ms || (a.command < b.command ? 1 : -1))
    .slice(0, INTERVENTIONS_MAX);
}

/** Nobody has heard of it: it may be spelled wrongly, or begin later. */
export function isEmpty(model: SessionModel): boolean {
  return model.session.score === null && model.points.length === 0;
}
