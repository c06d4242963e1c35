import { describe, expect, it } from "vitest";
import { controlWords, effectWords, figures, timeline, watch } from "../src/model/summary";
import { exportPath } from "../src/net/get";
import { declineWords } from "../src/session/feed/outcome";
import { intervention, MINUTE, point, summary } from "./made";

const worth = { measured: 2, change_mean: 0.11, reward_mean: 0.08, controls: 1, control_change_mean: -0.02 };

describe("a summary", () => {
  it("tells the net effect against control, and what happened by itself", () => {
    expect(effectWords(worth)).toBe("Net effect against control: +8 points on average over 2 measured interventions.");
    expect(effectWords({ ...worth, measured: 1, reward_mean: -0.01 })).toBe("Net effect against control: −1 point on average over 1 measured intervention.");
    expect(controlWords(worth)).toBe("Left alone on purpose: once, and −2 points by itself.");
    expect(controlWords({ ...worth, controls: 3 })).toContain("3 times");
  });

  it("claims nothing that was not measured", () => {
    const { effect } = summary();
    expect(effectWords(effect)).toContain("not known");
    expect(effectWords({ ...worth, reward_mean: null })).toContain("not known");
    expect(controlWords(effect)).toBeNull();
    expect(figures(summary()).map(([, value]) => value)).toEqual(["–", "–", "–", "–"]);
  });

  it("says its figures in the units of the page", () => {
    const of = summary({ score_mean: 0.638, score_min: 0.31, people_max: 1204, from_ms: 5_000, to_ms: 5_000 + 20 * MINUTE });
    expect(figures(of).map(([, value]) => value)).toEqual(["64", "31", "1,204", "20:00"]);
    expect(watch(of, 5_000 + 7 * MINUTE)).toBe("7:00");
  });

  it("puts everything on its time line between the first tick and the last", () => {
    const points = [point(0), point(5_000, { level: "warning", score: 0.3 }), point(10_000, { score: null })];
    const lines = [intervention({ at_ms: 5_000 }), intervention({ command: "late", at_ms: 99_000 })];
    const drawn = timeline(summary({ from_ms: 0, to_ms: 10_000, points, interventions: lines }));
    expect(drawn.line).toEqual([[0, 0.7], [0.5, 0.3], [1, null]]);
    expect(drawn.alarms).toEqual([{ from: 0.5, to: 1, level: "warning" }]);
    expect(drawn.markers.map(({ place }) => place)).toEqual([0.5, 1]);
  });

  it("draws nothing of a session without a span", () => {
    const nothing = { line: [], alarms: [], markers: [] };
    expect(timeline(summary())).toEqual(nothing);
    expect(timeline(summary({ from_ms: 5, to_ms: 5, points: [point(5)] }))).toEqual(nothing);
  });

  it("is taken from an address that no id can leave", () => {
    expect(exportPath("a/../b?<x>", "interventions", "csv")).toBe("/api/sessions/a%2F..%2Fb%3F%3Cx%3E/export/interventions.csv");
  });
});

describe("the reason of a decline", () => {
  it("is told of what was declined, and of nothing else", () => {
    expect(declineWords(intervention({ status: "declined", decline_reason: "wrong time" }))).toBe("wrong time");
    expect(declineWords(intervention({ status: "declined", decline_reason: " " }))).toBeNull();
    expect(declineWords(intervention({ status: "done", decline_reason: "wrong time" }))).toBeNull();
  });
});
