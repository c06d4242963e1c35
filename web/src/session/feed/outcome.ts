/** What came of an intervention, in one line: "+12 points, success, against control +10". */

import type { Intervention } from "../../contract/wire";
import * as format from "../../text/format";
import * as words from "../../text/words";

export function outcomeWords(of: Pick<Intervention, "outcome" | "status">): string | null {
  const { outcome } = of;
  if (outcome === null) return null;
  if (outcome.outcome !== "measured") return words.capital(words.outcome(outcome.outcome));
  const parts = [
    outcome.change === null ? null : format.signedPoints(outcome.change),
    of.status === "held_out" ? "by itself" : words.effect(outcome.effect),
    outcome.reward === null || of.status === "held_out" ? null : `against control ${format.signed(format.points(outcome.reward))}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? "Measured" : parts.join(", ");
}

/** Why somebody has declined it; null when nobody has, or nothing was said. */
export function declineWords(of: Intervention): string | null {
  const reason = of.decline_reason?.trim() ?? "";
  return of.status === "declined" && reason !== "" ? reason : null;
}

/** Why it was not done; null when it was, or nobody knows. */
export function failureWords(of: Intervention): string | null {
  const error = of.feedback?.error ?? null;
  if (error === null || (of.status !== "failed" && of.status !== "refused")) return null;
  const tries = (of.feedback?.attempts ?? 0) > 1 ? ` after ${of.feedback?.attempts} tries` : "";
  return `${words.capital(of.status)}${tries}: ${error}`;
}
