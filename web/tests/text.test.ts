import { describe, expect, it } from "vitest";
import { clean, cleanLines } from "../src/text/clean";
import * as format from "../src/text/format";
import * as words from "../src/text/words";
import { intervention } from "./made";

describe("text of other people", () => {
  it("can neither turn the line around nor hide in it", () => {
    expect(clean("a\u202Eb\u2066c\u2069\u200Fd\u061Ce")).toBe("a\uFFFDb\uFFFDc\uFFFD\uFFFDd\uFFFDe");
    expect(clean("a\u0000\u001B[2J\u0085\u200B\uFEFF\u{E0041}")).toBe("a\uFFFD\uFFFD[2J\uFFFD\uFFFD\uFFFD\uFFFD");
    expect(clean("a\uD800b")).toBe("a\uFFFDb");
  });

  it("keeps what scripts and signs need", () => {
    for (const text of ["Käse", "नमस्ते", "می‌خواهم", "👩‍💻", "שלום", "ê̄"]) expect(clean(text)).toBe(text);
  });

  it("does not grow over its neighbours", () => {
    expect(clean("a" + "\u0301".repeat(50))).toBe("a" + "\u0301".repeat(3));
    expect([...clean("👍".repeat(50), 10)]).toHaveLength(11);
  });

  it("is one line, unless lines are wanted", () => {
    expect(clean("a\r\nb\tc\nd")).toBe("a b c d");
    expect(cleanLines("a\r\nb\rc")).toBe("a\nb\nc");
  });
});

describe("numbers and times", () => {
  it("shows scores as points", () => {
    expect([0, 0.714, 1, null].map(format.score)).toEqual(["0", "71", "100", "–"]);
    expect([0.12, -0.04, 0.001, -0.001, 0.01].map(format.signedPoints)).toEqual(["+12 points", "−4 points", "0 points", "0 points", "+1 point"]);
  });

  it("writes rates, counts and shares as people do", () => {
    expect([0, 3, 3.25, 9.96, 1234.5, null].map(format.rate)).toEqual(["0", "3", "3.3", "10", "1,235", "–"]);
    expect([0, 999, 1_000, 1_234_567].map(format.thousands)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect(format.count(1, "person", "people")).toBe("1 person");
    expect(format.percent(0.826)).toBe("83 %");
  });

  it("counts down to zero, not below, and says 0:00 only when it is over", () => {
    expect([-5, 0, 1, 65_000, 3_600_000].map(format.countdown)).toEqual(["0:00", "0:00", "0:01", "1:05", "1:00:00"]);
    expect([-1, 59_999, 60_000, 3_600_000, 200_000_000].map(format.age)).toEqual(["0 s", "59 s", "1 min", "1 h", "2 d"]);
  });
});

describe("words", () => {
  it("never say more than the stream has said", () => {
    expect(words.statusAndWho(intervention())).toBe("Proposed");
    expect(words.statusAndWho(intervention({ status: "approved", decided_by: "ana" }))).toBe("Approved, executing, approved by ana");
    expect(words.statusAndWho(intervention({ status: "approved", mode: "auto" }))).toBe("Auto, executing, sent by itself");
    expect(words.statusAndWho(intervention({ status: "declined", decided_by: "bo" }))).toBe("Declined by bo");
  });

  it("show what is not known yet as it is", () => {
    expect(words.kind("LIGHT_SHOW")).toBe("light show");
  });
});
