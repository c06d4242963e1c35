import { describe, expect, it } from "vitest";
import type { Task } from "../src/contract/ops";
import { stores } from "../src/ops/rows";
import { bytes } from "../src/text/format";

const task: Task = {
  task: "0_3", state: "running", role: "active", lag: 0, stream_time_ms: 0, committed_at_ms: 0, blocked: null,
  restore: null, restored: 0, rebuilt: null, uncommitted_bytes: 0,
};

describe("the stores of a task", () => {
  it("tell what is left, where they come from, and what is not committed", () => {
    expect(stores(task)).toBe("");
    expect(stores({ ...task, state: "restoring", restore: [120, 5_000], restored: 4_880 })).toBe("120 of 5,000 left to restore");
    expect(stores({ ...task, restored: 1, rebuilt: "the state was damaged", uncommitted_bytes: 12_400 })).toBe("restored from 1 record; the state was damaged; 12 kB not committed");
  });
});

describe("an amount of data", () => {
  it("has the unit that it is read in", () => {
    expect([0, 999, 1_000, 3_440_000, 52_000_000_000].map(bytes)).toEqual(["0 B", "999 B", "1.0 kB", "3.4 MB", "52 GB"]);
  });
});
