import { describe, expect, it } from "vitest";
import { fromSnapshot, INTERVENTIONS_MAX, isEmpty, withDelta } from "../src/model/session";
import { intervention, point, session, snapshot } from "./made";

describe("a session's model", () => {
  it("is replaced by a snapshot, and changed by a delta only where the delta says so", () => {
    const model = fromSnapshot(snapshot({ points: [point(5), point(10)], interventions: [intervention()] }));
    const same = withDelta(model, { now_ms: 1 });
    expect(same).toEqual(model);
    expect(same.points).toBe(model.points);
    const changed = withDelta(model, { now_ms: 1, session: session({ people: 99 }), executor: { state: "away" } });
    expect([changed.session.people, changed.executor.state, changed.points.length]).toEqual([99, "away", 2]);
  });

  it("appends points; one whose time is known replaces it; order is by time", () => {
    const model = fromSnapshot(snapshot({ points: [point(5), point(10)] }));
    const { points } = withDelta(model, { now_ms: 1, points: [point(10, { score: 0.2 }), point(20), point(15)] });
    expect(points.map((one) => [one.at_ms, one.score])).toEqual([[5, 0.7], [10, 0.2], [15, 0.7], [20, 0.7]]);
  });

  it("replaces interventions of the same command, newest first", () => {
    const model = fromSnapshot(snapshot({ interventions: [intervention({ command: "old", at_ms: 1 }), intervention({ command: "new", at_ms: 2 })] }));
    const { interventions } = withDelta(model, {
      now_ms: 1,
      interventions: [intervention({ command: "old", at_ms: 1, status: "done" }), intervention({ command: "newest", at_ms: 3 })],
    });
    expect(interventions.map((one) => [one.command, one.status])).toEqual([["newest", "proposed"], ["new", "proposed"], ["old", "done"]]);
  });

  it("keeps at most 500 interventions: the newest", () => {
    const many = Array.from({ length: 600 }, (_, i) => intervention({ command: `c-${i}`, at_ms: i }));
    const { interventions } = fromSnapshot(snapshot({ interventions: many }));
    expect([interventions.length, interventions[0]?.at_ms]).toEqual([INTERVENTIONS_MAX, 599]);
  });

  it("is empty when nobody has heard of the session", () => {
    expect(isEmpty(fromSnapshot(snapshot({ session: session({ score: null }) })))).toBe(true);
    expect(isEmpty(fromSnapshot(snapshot()))).toBe(false);
  });
});
