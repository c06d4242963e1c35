import { describe, expect, it } from "vitest";
import { filtered } from "../src/ops/rows";
import { arranged } from "../src/model/sessions";
import { idempotencyKey } from "../src/net/key";
import { type Request, send, type World } from "../src/net/post";
import { tokenOf, tokenOfPasted } from "../src/net/token";
import { routeOf, sessionAddress } from "../src/page/route";
import { session } from "./made";

const REQUEST: Request = { path: "/x", body: { paused: true }, revision: 12, key: "k", authorization: { Authorization: "Bearer t" } };

/** A world that answers one after the other; null is a network that fails. */
function world(answers: (Response | null)[]): { world: World; seen: RequestInit[]; slept: number[] } {
  const seen: RequestInit[] = [];
  const slept: number[] = [];
  return {
    seen,
    slept,
    world: {
      fetch: async (_, init) => {
        seen.push(init);
        const answer = answers.shift() ?? null;
        if (answer === null) throw new TypeError("network");
        return answer;
      },
      sleep: async (ms) => void slept.push(ms),
    },
  };
}

const problem = (status: number, body: object = {}): Response => new Response(JSON.stringify(body), { status });

describe("a request to act", () => {
  it("carries the token, the key and the revision in quotes", async () => {
    const { world: of, seen } = world([problem(202)]);
    expect(await send(REQUEST, () => undefined, of)).toEqual({ kind: "recorded" });
    expect(seen[0]?.headers).toMatchObject({ Authorization: "Bearer t", "Idempotency-Key": "k", "If-Match": '"12"', "Content-Type": "application/json" });
  });

  it("is tried again with the same key when the network fails or Kafka does not answer", async () => {
    const { world: of, seen, slept } = world([null, problem(503, { detail: "Kafka does not answer." }), problem(202)]);
    const heard: unknown[] = [];
    expect(await send(REQUEST, (answer) => heard.push(answer), of)).toEqual({ kind: "recorded" });
    expect(seen.map((init) => new Headers(init.headers).get("Idempotency-Key"))).toEqual(["k", "k", "k"]);
    expect([slept, heard.length]).toEqual([[500, 1_000], 2]);
  });

  it("is given up after some tries, and says so", async () => {
    const answer = await send(REQUEST, () => undefined, world([]).world);
    expect(answer).toEqual({ kind: "unreachable", detail: "Not sent. The server does not answer." });
  });

  it.each([
    [409, { detail: "Approved by ana 2 s ago." }, "Approved by ana 2 s ago."],
    [409, { decided_by: "ana" }, "ana has decided it already."],
    [410, {}, "It has expired."],
    [412, { detail: "revision 3 is not 4" }, "It has changed meanwhile: look again."],
    [428, {}, "It has changed meanwhile: look again."],
    [400, { title: "Not understood" }, "Not understood"],
  ])("is refused with %i in a sentence that helps", async (status, body, detail) => {
    expect(await send(REQUEST, () => undefined, world([problem(status, body)]).world)).toEqual({ kind: "refused", status, detail });
  });

  it("has a key of its own, also where the browser makes none", () => {
    const plain = { getRandomValues: (bytes: Uint8Array) => bytes.fill(10) } as unknown as Crypto;
    expect(idempotencyKey(plain)).toBe("0a".repeat(16));
    expect(idempotencyKey()).not.toBe(idempotencyKey());
  });
});

describe("a token", () => {
  it("is found in the address, or in what a person pastes", () => {
    expect([tokenOf("#token=abc"), tokenOf("#other"), tokenOf("")]).toEqual(["abc", null, null]);
    expect(["abc", " http://127.0.0.1:8092/#token=abc ", "token=abc", "two words", "", "http://x/#nothing"].map(tokenOfPasted)).toEqual(["abc", "abc", "abc", null, null, null]);
  });
});

describe("an address", () => {
  it("names a session, whatever its id", () => {
    for (const id of ["s-1", "a/b ?#ü", "..", "%"]) expect(routeOf(sessionAddress(id))).toEqual({ page: "session", session: id });
  });

  it("that is none says so", () => {
    expect(["/", "/ops", "/s/%E0%A4%A", "/x"].map((path) => routeOf(path).page)).toEqual(["sessions", "ops", "unknown", "unknown"]);
  });
});

describe("lists", () => {
  it("of sessions keep the server's order, ended ones apart, and are searched by all words", () => {
    const all = [session({ session: "b", title: "Rust at night" }), session({ session: "a", title: "Rust by day", ended_ms: 1 }), session({ session: "c", title: null })];
    expect([arranged(all, "").live.map((one) => one.session), arranged(all, "").ended.map((one) => one.session)]).toEqual([["b", "c"], ["a"]]);
    expect(arranged(all, " NIGHT rust").live.map((one) => one.session)).toEqual(["b"]);
  });

  it("of dead letters are searched in place, key, cause and value", () => {
    const letter = { at_ms: 0, topic: "chat", partition: 3, offset: 17, key: "s-1", cause: "not JSON", value: "{x" };
    expect(["chat/3/17", "json S-1", "{x", "poll"].map((search) => filtered([letter], search).length)).toEqual([1, 1, 1, 0]);
  });
});
