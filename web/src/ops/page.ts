/** The operators' screen: `/ops`. One look every two seconds, none while nobody sees it. */

import { monotonicMs } from "../clock";
import type { Ops } from "../contract/ops";
import { h, setAttribute } from "../dom/h";
import * as get from "../net/get";
import type { Page } from "../page/page";
import * as format from "../text/format";
import { DeadLetters } from "./dead_letters";
import { OpsHead } from "./head";
import { commandRows, taskRows } from "./rows";
import { Settings } from "./settings";
import { OpsTable } from "./table";

const EVERY_MS = 2_000;
/** What an operator reads; the rest is a question for a database. */
const COMMANDS_MAX = 200;

export class OpsPage implements Page {
  readonly bindings = [];
  private readonly head = new OpsHead();
  private readonly tasks = new OpsTable("Tasks", ["Task", "Instance", "Role", "State", "Lag", "Stream time", "Committed", "Stores", "Why it does not process"], "tasks", "No task is known: no instance of the stream is named, or none answers.");
  private readonly commands = new OpsTable("Last commands", ["Age", "Session", "Kind", "What", "Status", "Attempts", "To decide", "To carry out", "Text by", "Result"], "commands", "No command yet.");
  private readonly letters = new DeadLetters();
  private readonly settings = new Settings();
  readonly element = h("div", { class: "ops" }, this.head.element, this.tasks.element, this.commands.element, this.letters.element, this.settings.element);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ticking = setInterval(() => this.showState(), 1_000);
  private readonly seen = (): void => this.askWhileSeen();
  private answeredAt: number | null = null;
  private problem: string | null = null;
  private isAsking = false;
  private isClosed = false;

  constructor() {
    document.title = "Operations · Conductor";
    this.showState();
    document.addEventListener("visibilitychange", this.seen);
    this.askWhileSeen();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    clearInterval(this.ticking);
    document.removeEventListener("visibilitychange", this.seen);
  }

  private askWhileSeen(): void {
    clearTimeout(this.timer);
    if (this.isClosed || document.hidden || this.isAsking) return;
    void this.ask();
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    try {
      const ops = await get.ops();
      this.answeredAt = monotonicMs();
      this.problem = null;
      if (!this.isClosed) this.show(ops);
    } catch (error) {
      this.problem = error instanceof Error && error.message.startsWith("the server") ? error.message : "the server does not answer";
    }
    this.isAsking = false;
    this.showState();
    if (!this.isClosed && !document.hidden) this.timer = setTimeout(() => this.askWhileSeen(), EVERY_MS);
  }

  private show(ops: Ops): void {
    this.head.update(ops);
    this.tasks.update(taskRows(ops.instances, ops.now_ms));
    this.commands.update(commandRows(ops.commands.slice(0, COMMANDS_MAX), ops.now_ms));
    this.letters.update(ops.dead_letters, ops.now_ms);
  }

  private showState(): void {
    if (this.isClosed) return;
    const age = this.answeredAt === null ? null : monotonicMs() - this.answeredAt;
    setAttribute(this.element, "data-old", this.problem !== null || (age !== null && age > 10_000));
    if (this.problem !== null) this.head.say("stale", age === null ? `no answer: ${this.problem}` : `stale ${format.age(age)}: ${this.problem}`);
    else if (age === null) this.head.say("connecting", "connecting…");
    else this.head.say("live", `every ${EVERY_MS / 1_000} s`);
  }
}
