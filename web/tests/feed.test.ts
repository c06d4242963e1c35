import { describe, expect, it } from "vitest";
import { choices, newestProposal, shown } from "../src/model/feed";
import { answered, begun, isAnswered, isUnderWay, saying } from "../src/model/sending";
import { failureWords, outcomeWords } from "../src/session/feed/outcome";
import { intervention, MINUTE } from "./made";

describe("the feed", () => {
  it("counts what is new while it is held, and keeps changing what it shows", () => {
    const held = { known: new Set(["a"]) };
    const { cards, waiting } = shown([intervention({ command: "b" }), intervention({ command: "a", status: "done" })], "all", held);
    expect([cards.map((one) => [one.command, one.status]), waiting]).toEqual([[["a", "done"]], 1]);
  });

  it("filters by what became of it", () => {
    const all = (["proposed", "done", "declined", "held_out"] as const).map((status) => intervention({ command: status, status }));
    const of = (filter: "open" | "acted" | "dropped" | "controls") => shown(all, filter, { known: null }).cards.map((one) => one.command);
    expect([of("open"), of("acted"), of("dropped"), of("controls")]).toEqual([["proposed"], ["done"], ["declined"], ["held_out"]]);
  });

  it("acts on the newest proposal that can still be decided", () => {
    const pending = { decision: "approved" as const, actor: "bo", at_ms: 0 };
    const cards = [intervention({ command: "sent", pending }), intervention({ command: "late", expires_at_ms: 1 }), intervention({ command: "open" })];
    expect(newestProposal(cards, 2)?.command).toBe("open");
    expect(newestProposal([], 2)).toBeNull();
  });
});

describe("what can be done with a card", () => {
  const here = { state: "here" } as const;

  it("says why not", () => {
    const of = (more: Parameters<typeof intervention>[0], canAct = true, isSending = false, now = 0) =>
      choices(intervention(more), now, here, canAct, isSending);
    expect(of({})).toEqual({ approve: null, decline: null });
    expect(of({ status: "done" }).approve).toBe("decided");
    expect(of({}, false).decline).toBe("read_only");
    expect(of({}, true, true).approve).toBe("sending");
    expect(of({}, true, false, 5 * MINUTE).approve).toBe("expired");
  });

  it("lets a person decline while the executor is away", () => {
    expect(choices(intervention(), 0, { state: "away" }, true, false)).toEqual({ approve: "executor_away", decline: null });
    expect(choices(intervention(), 0, { state: "unknown" }, true, false).approve).toBeNull();
  });
});

describe("a decision on its way", () => {
  it("is sending until the stream has answered, whatever the server says", () => {
    const recorded = answered(begun("approved", 3, 0), { kind: "recorded" });
    expect([isUnderWay(recorded), saying(recorded, 0).startsWith("Sending…")]).toEqual([true, true]);
    expect(isAnswered(recorded, intervention({ revision: 3 }))).toBe(false);
    expect(isAnswered(recorded, intervention({ revision: 4, pending: { decision: "approved", actor: "ana", at_ms: 0 } }))).toBe(false);
    expect(isAnswered(recorded, intervention({ status: "approved" }))).toBe(true);
    expect(saying(recorded, 31_000)).toContain("has not answered");
  });

  it("says what went wrong, and can be sent again only when nothing was recorded", () => {
    const begin = begun("approved", 3, 0);
    expect(answered(begin, { kind: "refused", status: 409, detail: "Approved by ana 2 s ago." })).toMatchObject({ phase: "failed", message: "Approved by ana 2 s ago.", canRetry: false });
    expect(answered(begin, { kind: "unreachable", detail: "Not sent." }).canRetry).toBe(true);
    expect(saying(answered(begin, { kind: "again", tries: 2, detail: "Kafka does not answer." }), 0)).toBe("Sending… Try 2: Kafka does not answer.");
  });
});

describe("an outcome", () => {
  const measured = { outcome: "measured", effect: "success", change: 0.12, reward: 0.1, score_before: 0.5, score_after: 0.62 } as const;

  it("is said in points, against the control", () => {
    expect(outcomeWords(intervention({ status: "done", outcome: measured }))).toBe("+12 points, success, against control +10");
    expect(outcomeWords(intervention({ status: "done", outcome: { ...measured, effect: "none", change: 0, reward: null } }))).toBe("0 points, no effect");
    expect(outcomeWords(intervention({ status: "held_out", outcome: measured }))).toBe("+12 points, by itself");
    expect(outcomeWords(intervention({ outcome: { ...measured, outcome: "unanswered" } }))).toBe("Not answered");
    expect(outcomeWords(intervention())).toBeNull();
  });

  it("names the reason of a failure", () => {
    const feedback = { kind: "failed", at_ms: 0, attempts: 3, provider: null, cost_usd: null, error: "502" };
    expect(failureWords(intervention({ status: "failed", feedback }))).toBe("Failed after 3 tries: 502");
    expect(failureWords(intervention({ status: "done", feedback }))).toBeNull();
  });
});
