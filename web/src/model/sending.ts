/**
 * A decision on its way. It is done when the stream has answered by a delta, never before: the server's "recorded" only
 * means that it lies on a topic.
 */

import type { Decision, Intervention } from "../contract/wire";
import type { Answer } from "./answer";

export interface Sending {
  decision: Decision;
  /** Of the intervention that the person saw. */
  revision: number;
  at: number;
  phase: "sending" | "recorded" | "failed";
  /** How often it was tried. */
  tries: number;
  /** What to say about it; null when the phase says it all. */
  message: string | null;
  /** Whether the same request can be sent again. */
  canRetry: boolean;
}

export function begun(decision: Decision, revision: number, at: number): Sending {
  return { decision, revision, at, phase: "sending", tries: 1, message: null, canRetry: false };
}

/** Whether it still waits for an answer: of the server, or of the stream. */
export function isUnderWay(sending: Sending | undefined): boolean {
  return sending !== undefined && sending.phase !== "failed";
}

/** What the server's answer makes of it. */
export function answered(sending: Sending, answer: Answer): Sending {
  switch (answer.kind) {
    case "recorded": return { ...sending, phase: "recorded" };
    case "again": return { ...sending, tries: answer.tries, message: answer.detail };
    case "refused": return { ...sending, phase: "failed", message: answer.detail };
    case "unreachable": return { ...sending, phase: "failed", message: answer.detail, canRetry: true };
  }
}

/** Whether the stream has answered: the status has changed, or it is a newer revision with nothing pending. */
export function isAnswered(sending: Sending, intervention: Intervention): boolean {
  if (intervention.status !== "proposed") return true;
  return sending.phase === "recorded" && intervention.pending === null && intervention.revision > sending.revision;
}

const SLOW_MS = 30_000;

/** The line on the card while it is under way. */
export function saying(sending: Sending, at: number): string {
  if (sending.phase === "failed") return sending.message ?? "Not sent.";
  if (sending.phase === "recorded" && at - sending.at > SLOW_MS) {
    return "Sending… It is recorded; the stream has not answered yet.";
  }
  if (sending.phase === "recorded") return "Sending… Recorded, waiting for the stream.";
  return sending.tries > 1 ? `Sending… Try ${sending.tries}: ${sending.message ?? "no answer yet"}` : "Sending…";
}
