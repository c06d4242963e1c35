/** One session's state: what the stream said, what is on its way, and which older points were asked for. */

import { monotonicMs, ServerClock } from "../clock";
import type { Decision, Delta, Heartbeat, Intervention, Mode, Snapshot } from "../contract/wire";
import type { Answer } from "../model/answer";
import type { LinkState } from "../model/link";
import * as sending from "../model/sending";
import { fromSnapshot, type SessionModel, withDelta } from "../model/session";
import { EventStream } from "../net/event_stream";
import { sessionPath } from "../net/get";
import { idempotencyKey } from "../net/key";
import { type Request, send } from "../net/post";
import { authorization } from "../net/token";
import { linkOf } from "../page/link_badge";

/** A change of mode or pause on its way. */
export interface Change {
  what: "mode" | "paused";
  wanted: Mode | boolean;
  revision: number;
  phase: "sending" | "recorded" | "failed";
  message: string;
}

export class SessionStore {
  readonly clock = new ServerClock();
  model: SessionModel | null = null;
  /** Counts the snapshots: after one, nothing from before it holds. */
  snapshots = 0;
  readonly sendings = new Map<string, sending.Sending>();
  private readonly requests = new Map<string, Request>();
  readonly changes = new Map<Change["what"], Change>();
  private readonly stream: EventStream;

  constructor(readonly session: string, private readonly onChange: () => void) {
    this.stream = new EventStream(
      `${sessionPath(session)}/events`,
      ["snapshot", "delta", "heartbeat"],
      (name, data) => this.take(name, data),
      onChange,
    );
  }

  close(): void {
    this.stream.close();
  }

  link(): LinkState {
    const session = this.model?.session;
    const now = this.clock.now();
    const scoreAt = session?.score?.at_ms ?? null;
    const scoreAgeMs = scoreAt === null || now === null ? null : now - scoreAt;
    return linkOf(this.stream.state, scoreAgeMs, this.clock.speed, (session?.ended_ms ?? null) !== null);
  }

  private take(name: string, data: unknown): void {
    if (name === "snapshot") {
      const snapshot = data as Snapshot;
      this.clock.anchor(snapshot.now_ms, snapshot.speed);
      this.model = fromSnapshot(snapshot);
      this.snapshots++;
    } else {
      this.clock.anchor((data as Heartbeat).now_ms, undefined);
      // A delta without a snapshot has nothing to change.
      if (name === "delta" && this.model !== null) this.model = withDelta(this.model, data as Delta);
    }
    this.settle();
    this.onChange();
  }

  /** Forgets what the stream has answered. */
  private settle(): void {
    for (const intervention of this.model?.interventions ?? []) {
      const under = this.sendings.get(intervention.command);
      if (under === undefined || !sending.isAnswered(under, intervention)) continue;
      // "Approved by ana 2 s ago" stays to be read by who came second.
      if (under.phase === "failed" && !under.canRetry) continue;
      this.sendings.delete(intervention.command);
      this.requests.delete(intervention.command);
    }
    const session = this.model?.session;
    for (const change of session === undefined ? [] : this.changes.values()) {
      const has = change.what === "mode" ? session!.mode : session!.paused;
      const isAnswered = has === change.wanted || session!.revision > change.revision;
      if (change.phase !== "failed" && isAnswered) this.changes.delete(change.what);
    }
  }

  decide(intervention: Intervention, decision: Decision, content: string | null, reason: string | null): void {
    const { command, revision } = intervention;
    const body = { command, decision, content, reason };
    // What was given up may have arrived all the same: pressed once more, it is the same request.
    if (JSON.stringify(this.requests.get(command)?.body) === JSON.stringify(body) && this.sendings.get(command)?.canRetry === true) {
      this.decideAgain(command);
      return;
    }
    this.requests.set(command, {
      path: `${sessionPath(this.session)}/decisions`,
      body,
      revision,
      key: idempotencyKey(),
      authorization: authorization(),
    });
    this.sendings.set(command, sending.begun(decision, revision, monotonicMs()));
    void this.sendDecision(command);
  }

  /** The same request with the same key: the server does nothing twice. */
  decideAgain(command: string): void {
    const under = this.sendings.get(command);
    if (under === undefined || !under.canRetry) return;
    this.sendings.set(command, sending.begun(under.decision, under.revision, monotonicMs()));
    void this.sendDecision(command);
  }

  private async sendDecision(command: string): Promise<void> {
    const request = this.requests.get(command);
    if (request === undefined) return;
    const hear = (answer: Answer): void => {
      const under = this.sendings.get(command);
      // The stream may have been faster than the answer.
      if (under !== undefined && this.requests.get(command) === request) this.sendings.set(command, sending.answered(under, answer));
      this.settle();
      this.onChange();
    };
    this.onChange();
    hear(await send(request, hear));
  }

  /** Sets mode or pause. */
  async set(what: Change["what"], wanted: Mode | boolean): Promise<void> {
    const revision = this.model?.session.revision;
    const before = this.changes.get(what);
    if (revision === undefined || (before !== undefined && before.phase !== "failed")) return;
    const change: Change = { what, wanted, revision, phase: "sending", message: "Sending…" };
    this.changes.set(what, change);
    this.onChange();
    const hear = (answer: Answer): void => {
      if (this.changes.get(what) !== change) return;
      if (answer.kind === "recorded") change.phase = "recorded";
      else if (answer.kind === "again") change.message = `Sending… Try ${answer.tries}: ${answer.detail}`;
      else Object.assign(change, { phase: "failed", message: answer.detail });
      this.settle();
      this.onChange();
    };
    hear(await send({
      path: `${sessionPath(this.session)}/${what}`,
      body: { [what]: wanted },
      revision,
      key: idempotencyKey(),
      authorization: authorization(),
    }, hear));
  }
}
