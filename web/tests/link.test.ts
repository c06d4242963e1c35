import { describe, expect, it } from "vitest";
import { ServerClock } from "../src/clock";
import { Announcer } from "../src/model/announcer";
import { type LinkFacts, linkState, linkWords } from "../src/model/link";
import { notices } from "../src/model/notices";
import { fromSnapshot } from "../src/model/session";
import { session, snapshot } from "./made";

const FINE: LinkFacts = { connection: "open", lostForMs: 0, silentForMs: 1_000, scoreAgeMs: 4_000, speed: 1, hasEnded: false };
const said = (more: Partial<LinkFacts>): string => linkWords(linkState({ ...FINE, ...more }));

describe("the link", () => {
  it("is live while events and scores are fresh", () => {
    expect(said({})).toBe("live");
    expect(said({ scoreAgeMs: 15_000, silentForMs: 20_000 })).toBe("live");
    expect(said({ scoreAgeMs: null })).toBe("live");
  });

  it("is stale when nothing comes, or only old scores", () => {
    expect(said({ silentForMs: 21_500 })).toBe("stale 21 s");
    expect(said({ scoreAgeMs: 16_000 })).toBe("stale 16 s");
    expect(said({ scoreAgeMs: 999_000, hasEnded: true })).toBe("ended");
  });

  it("allows for the way where the server's time runs faster", () => {
    expect(said({ scoreAgeMs: 40_000, speed: 60 })).toBe("live");
    expect(said({ scoreAgeMs: 120_000, speed: 60 })).toBe("stale 120 s");
  });

  it("says for how long it has been lost", () => {
    expect(said({ connection: "lost", lostForMs: 3_900 })).toBe("reconnecting 3 s");
    expect(said({ connection: "connecting" })).toBe("connecting…");
  });
});

describe("the server's clock", () => {
  it("runs on from the last event, at the snapshot's speed", () => {
    const clock = new ServerClock();
    expect(clock.now(0)).toBeNull();
    clock.anchor(1_000, 10, 500);
    expect(clock.now(600)).toBe(2_000);
    clock.anchor(5_000, undefined, 700);
    expect(clock.now(800)).toBe(6_000);
    clock.anchor(NaN, 1, 900);
    expect(clock.now(800)).toBe(6_000);
  });
});

describe("what is said aloud", () => {
  it("comes at most once in a span, and only when it is news", () => {
    const announcer = new Announcer(15_000);
    expect([announcer.next("a", 0), announcer.next("b", 9_000), announcer.next("b", 15_000), announcer.next("b", 99_000)]).toEqual(["a", null, "b", null]);
  });
});

describe("notices", () => {
  const of = (model: Parameters<typeof snapshot>[0], readOnly: string | null = null, speed = 1) =>
    notices(fromSnapshot(snapshot(model)), { kind: "live" }, 0, speed, readOnly).map((one) => one.kind);

  it("say what one must know, the most important first, two at most", () => {
    expect(of({})).toEqual([]);
    expect(of({ session: session({ paused: true }), executor: { state: "away" } }, "You can watch.", 10)).toEqual(["paused", "away"]);
    expect(of({}, "You can watch.", 10)).toEqual(["read_only", "replay"]);
    expect(of({ session: session({ ended_ms: 5, paused: true }) }, "You can watch.")).toEqual(["ended"]);
  });

  it("name the silent topics of a session that nobody has heard of", () => {
    const [empty] = notices(fromSnapshot(snapshot({ session: session({ score: null, silent_topics: ["chat", "poll", "presence"] }) })), { kind: "live" }, 0, 1, null);
    expect(empty?.text).toContain("chat, poll and presence");
  });
});
