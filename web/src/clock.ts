/** The only file that reads a clock. Everything else is told the time. */

/** Milliseconds that only grow: for measuring what has passed in this browser. */
export function monotonicMs(): number {
  return performance.now();
}

/** The clock of the server. It is not that of the browser, and in a demo it is faster. */
export class ServerClock {
  private anchored: { nowMs: number; at: number } | null = null;
  private pace = 1;

  /** Takes over what an event said; `speed` stands in snapshots only, and holds until the next one. */
  anchor(nowMs: number, speed: number | undefined, at: number = monotonicMs()): void {
    if (!Number.isFinite(nowMs)) return;
    if (speed !== undefined && Number.isFinite(speed) && speed >= 0) this.pace = speed;
    this.anchored = { nowMs, at };
  }

  /** The server's time; null until it has said anything. */
  now(at: number = monotonicMs()): number | null {
    return this.anchored === null ? null : this.anchored.nowMs + this.pace * (at - this.anchored.at);
  }

  get speed(): number {
    return this.pace;
  }
}
