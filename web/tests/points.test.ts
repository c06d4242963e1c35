import { describe, expect, it } from "vitest";
import { bandOf } from "../src/model/band";
import { alarms, columns, merge, POINTS_MAX, since } from "../src/model/points";
import { missing, windowOf } from "../src/model/ranges";
import { reading } from "../src/model/signals";
import { MINUTE, point, session } from "./made";

const course = (minutes: number) => Array.from({ length: minutes * 12 }, (_, i) => point((i + 1) * 5_000));

describe("points", () => {
  it("are limited, the oldest go first", () => {
    const points = merge([], Array.from({ length: POINTS_MAX + 5 }, (_, i) => point(i)));
    expect([points.length, points[0]?.at_ms]).toEqual([POINTS_MAX, 5]);
  });

  it("are found by time", () => {
    const points = [point(5), point(10), point(15)];
    expect([since(points, 6).length, since(points, 0).length, since(points, 16).length]).toEqual([2, 3, 0]);
  });

  it("show a hole where much is missing, and none where the step is large", () => {
    const holed = [point(5_000), point(10_000), point(15_000), point(60_000), point(65_000)];
    expect(columns(holed)[1]).toEqual([0.7, 0.7, 0.7, null, 0.7, 0.7]);
    const sparse = [0, 1, 2, 3].map((i) => point(i * 60_000));
    expect(columns(sparse)[1]).not.toContain(null);
  });

  it("make alarms of runs, each as bad as its worst point", () => {
    const level = (at_ms: number, level: "none" | "warning" | "critical") => point(at_ms, { level, class: level === "none" ? null : "MASS_EXIT" });
    const found = alarms([level(5_000, "none"), level(10_000, "warning"), level(15_000, "critical"), level(20_000, "none"), level(25_000, "warning")]);
    expect(found.map(({ from_ms, to_ms, level }) => [from_ms, to_ms, level])).toEqual([[10_000, 20_000, "critical"], [25_000, 30_000, "warning"]]);
  });

  it("call a run what it was called when it was first as bad as it became", () => {
    const at = (at_ms: number, level: "warning" | "critical", name: string | null) => point(at_ms, { level, class: name });
    const [run] = alarms([
      at(5_000, "warning", null), at(10_000, "warning", "SUDDEN_DROP"), at(15_000, "critical", "MASS_EXIT"),
      at(20_000, "critical", "SUDDEN_DROP"), at(25_000, "warning", "GRADUAL_DECLINE"),
    ]);
    expect(run?.class).toBe("MASS_EXIT");
    expect(alarms([at(5_000, "warning", null), at(10_000, "warning", "SUDDEN_DROP"), at(15_000, "warning", "MASS_EXIT")])[0]?.class).toBe("SUDDEN_DROP");
  });

  it("a band begins at its bound", () => {
    expect([0, 0.399, 0.4, 0.6, 0.8, 1].map(bandOf)).toEqual(["low", "low", "fair", "usual", "high", "high"]);
  });
});

describe("the chart's window", () => {
  it("follows the server's time, and stands still at the end of a session", () => {
    const points = course(20);
    expect(windowOf("15m", session(), points, 20 * MINUTE)).toEqual({ from_ms: 5 * MINUTE, to_ms: 20 * MINUTE });
    expect(windowOf("5m", session({ ended_ms: 20 * MINUTE }), points, 99 * MINUTE).to_ms).toBe(20 * MINUTE);
    expect(windowOf("all", session(), points, 20 * MINUTE).from_ms).toBe(0);
  });

  it("asks for older points only where there can be some", () => {
    const recent = since(course(60), 50 * MINUTE);
    const window = windowOf("1h", session(), recent, 60 * MINUTE);
    expect(missing(window, session(), recent)).toEqual({ from_ms: 0, to_ms: 50 * MINUTE });
    expect(missing(windowOf("5m", session(), recent, 60 * MINUTE), session(), recent)).toBeNull();
    expect(missing(window, session({ started_ms: 50 * MINUTE - 5_000 }), recent)).toBeNull();
  });
});

describe("a signal", () => {
  it("is compared with five minutes ago and with what is usual", () => {
    const points = course(10).map((one, i) => ({ ...one, chat: i < 60 ? 8 : 3 }));
    const chat = reading("chat", points, session().score?.terms ?? null);
    expect([chat.value, chat.change, chat.against]).toEqual([3, -5, "below"]);
    expect(chat.spark.at(-1)).toBe(3);
  });

  it("has no change where nothing is known of then", () => {
    expect(reading("poll", course(10), null)).toMatchObject({ value: null, change: null, against: null });
    expect(reading("chat", course(1), null).change).toBeNull();
    expect(reading("chat", [], null)).toMatchObject({ value: null, spark: [] });
  });
});
