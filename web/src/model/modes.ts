/** What each mode does, in words that a person can decide by. */

import type { Budget, Mode } from "../contract/wire";
import { spanInWords } from "../text/format";

export const MODE_ORDER: readonly Mode[] = ["off", "suggest", "assist", "auto"];

export function meaning(mode: Mode, budget: Budget | null): string {
  const most = budget === null ? "within the budget" : `at most ${budget.of} in ${oneSpan(budget.span_ms)}`;
  switch (mode) {
    case "off":
      return "Watches only. Nothing is proposed or sent, and what is open is cancelled.";
    case "suggest":
      return `Proposes, ${most}. Nothing is sent until a person approves it.`;
    case "assist":
      return `Sends chat prompts and nudges by itself when it is confident, ${most}. Polls and questions wait for a person.`;
    case "auto":
      return `Sends everything by itself, ${most}: polls, chat prompts, nudges, questions. Nobody is asked first.`;
  }
}

function oneSpan(ms: number): string {
  const words = spanInWords(ms);
  return words === "hour" ? "an hour" : words;
}
