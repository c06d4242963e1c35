/**
 * Server-sent events that come back. A browser reconnects by itself when the network drops, and then says which event it had
 * last; after an answer that is an error it gives up, and we open a new one, which begins with a snapshot.
 */

import { monotonicMs } from "../clock";

export interface StreamState {
  connection: "connecting" | "open" | "lost";
  /** When it was lost. */
  lostAt: number;
  /** When anything came last. */
  lastEventAt: number;
}

const WAITS_MS = [1_000, 2_000, 3_000, 5_000, 8_000];
/** Heartbeats come every 15 s. A link that misses two is dead, though nothing has said so. */
const SILENCE_MS_MAX = 35_000;

export class EventStream {
  readonly state: StreamState = { connection: "connecting", lostAt: 0, lastEventAt: monotonicMs() };
  private source: EventSource | null = null;
  private failures = 0;
  private reopening: ReturnType<typeof setTimeout> | undefined;
  private readonly watching: ReturnType<typeof setInterval>;

  /** `names`: the events to pass on. `onEvent` gets the parsed data; `onState` is told when the connection changes. */
  constructor(
    private readonly path: string,
    private readonly names: readonly string[],
    private readonly onEvent: (name: string, data: unknown) => void,
    private readonly onState: () => void,
  ) {
    this.watching = setInterval(() => this.watch(), 5_000);
    this.open();
  }

  close(): void {
    clearInterval(this.watching);
    clearTimeout(this.reopening);
    this.source?.close();
    this.source = null;
  }

  private open(): void {
    this.source?.close();
    const source = new EventSource(this.path);
    this.source = source;
    for (const name of this.names) {
      source.addEventListener(name, (event) => this.take(name, (event as MessageEvent<string>).data));
    }
    source.addEventListener("error", () => {
      if (this.source !== source) return;
      this.lose();
      if (source.readyState === EventSource.CLOSED) this.reopenSoon();
    });
  }

  private take(name: string, text: string): void {
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return; // A cut event: the snapshot after the reconnect repairs what it would have said.
    }
    this.failures = 0;
    this.state.lastEventAt = monotonicMs();
    const wasOpen = this.state.connection === "open";
    this.state.connection = "open";
    this.onEvent(name, data);
    if (!wasOpen) this.onState();
  }

  private lose(): void {
    if (this.state.connection !== "lost") {
      this.state.connection = "lost";
      this.state.lostAt = monotonicMs();
    }
    this.onState();
  }

  private reopenSoon(): void {
    clearTimeout(this.reopening);
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)]!;
    this.failures++;
    this.reopening = setTimeout(() => this.open(), wait);
  }

  private watch(): void {
    if (monotonicMs() - this.state.lastEventAt < SILENCE_MS_MAX || this.state.connection !== "open") return;
    this.lose();
    this.reopenSoon();
  }
}
