/** Points from before those that the stream brought: asked for once, when a range needs them. */

import type { Point } from "../../contract/wire";
import { merge } from "../../model/points";
import type { Window } from "../../model/ranges";
import * as get from "../../net/get";

const ASK_AGAIN_MS = 10_000;

export class OlderPoints {
  points: readonly Point[] = [];
  state: "idle" | "loading" | "failed" = "idle";
  /** Everything from here on was asked for. */
  private coveredFrom = Infinity;
  private notBefore = -Infinity;
  private generation = 0;

  constructor(private readonly session: string, private readonly onChange: () => void) {}

  /** After a new snapshot, there may be a hole between these and those of the stream. */
  reset(): void {
    this.generation++;
    this.points = [];
    this.state = "idle";
    this.coveredFrom = Infinity;
  }

  async need(window: Window, at: number): Promise<void> {
    if (this.state === "loading" || window.from_ms >= this.coveredFrom || at < this.notBefore) return;
    const { generation } = this;
    this.state = "loading";
    const answer = await get.history(this.session, window.from_ms, window.to_ms).catch(() => null);
    if (generation !== this.generation) return;
    if (answer === null) {
      this.state = "failed";
      this.notBefore = at + ASK_AGAIN_MS;
    } else {
      this.state = "idle";
      this.coveredFrom = window.from_ms;
      this.points = merge(this.points, answer.points.filter((point) => point.at_ms < window.to_ms));
    }
    this.onChange();
  }
}
