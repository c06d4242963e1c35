/** Approve, edit, decline: with the time that is left, and with what has become of the last press. */

import type { Intervention } from "../../contract/wire";
import { h, setAttribute, setHidden, setText } from "../../dom/h";
import { icon, type Icon } from "../../dom/icons";
import { choices, hasExpired, type WhyNot } from "../../model/feed";
import { isUnderWay, saying } from "../../model/sending";
import * as format from "../../text/format";
import type { Actions } from "../actions";
import type { View } from "../view";

const REASONS: Record<WhyNot, string> = {
  decided: "",
  expired: "Expired: the stream will say so shortly.",
  sending: "",
  read_only: "",
  executor_away: "The executor is away: it could not be carried out. Declining still works.",
};

export class CardButtons {
  private readonly approve = action("approve", "check", "Approve", "A", "primary");
  private readonly edit = action("edit", "pencil", "Edit", "E", "");
  private readonly decline = action("decline", "cross", "Decline", "D", "");
  private readonly row = h("div", { class: "card-actions" }, this.approve, this.edit, this.decline);
  private readonly time = h("span", { role: "timer", "aria-live": "off" });
  private readonly fill = h("span", { class: "bar-fill" });
  private readonly countdown = h("p", { class: "countdown" }, icon("clock"), this.time, h("span", { class: "bar", "aria-hidden": "true" }, this.fill));
  private readonly said = h("span", {});
  private readonly again = h("button", { type: "button", class: "button small", "data-testid": "again", hidden: true }, "Try again");
  private readonly saidRow = h("p", { class: "card-said", "data-testid": "card-said", role: "status", hidden: true }, this.said, this.again);
  readonly element = h("div", { class: "card-decide" }, this.countdown, this.saidRow, this.row);
  private command = "";

  constructor(actions: Actions) {
    this.approve.addEventListener("click", () => actions.approve(this.command));
    this.edit.addEventListener("click", () => actions.edit(this.command));
    this.decline.addEventListener("click", () => actions.decline(this.command));
    this.again.addEventListener("click", () => actions.again(this.command));
  }

  update(of: Intervention, view: View): void {
    this.command = of.command;
    const under = view.store.sendings.get(of.command);
    const isProposed = of.status === "proposed";
    const can = choices(of, view.now, view.model.executor, view.canAct, isUnderWay(under));
    const isWaiting = can.decline === "sending";
    setHidden(this.row, !isProposed || isWaiting);
    disable(this.approve, can.approve);
    disable(this.edit, can.approve);
    disable(this.decline, can.decline);
    this.showTime(of, view.now, isProposed && !isWaiting);
    const own = under === undefined ? null : saying(under, view.at);
    const text = own ?? (of.pending === null || !isProposed ? null : others(of)) ?? (isProposed ? REASONS[can.approve ?? "decided"] : "");
    setText(this.said, text);
    setHidden(this.again, !(under?.canRetry === true && isProposed));
    setHidden(this.saidRow, text === "");
    setAttribute(this.saidRow, "data-tone", under?.phase === "failed" ? "problem" : isWaiting ? "sending" : "note");
  }

  private showTime(of: Intervention, now: number, isShown: boolean): void {
    setHidden(this.countdown, !isShown || of.expires_at_ms === null || hasExpired(of, now));
    if (of.expires_at_ms === null) return;
    const left = of.expires_at_ms - now;
    setText(this.time, `${format.countdown(left)} left to decide`);
    const whole = Math.max(1, of.expires_at_ms - of.at_ms);
    this.fill.style.width = `${100 * Math.min(1, Math.max(0, left / whole))}%`;
    setAttribute(this.countdown, "data-soon", left < 30_000);
  }
}

const VERBS = { approved: "approve", edited: "approve with a new text", declined: "decline" };

function others(of: Intervention): string {
  const { pending } = of;
  return pending === null ? "" : `Sending… ${pending.actor ?? "Someone"} chose to ${VERBS[pending.decision]}; waiting for the stream.`;
}

function action(testid: string, sign: Icon, word: string, key: string, className: string): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: `button ${className}`, "data-testid": testid, "aria-keyshortcuts": key },
    icon(sign), word, h("kbd", { "aria-hidden": "true" }, key),
  );
}

/** Who can only watch may press, and learns whom to ask; what can not be done at all is off. */
function disable(button: HTMLButtonElement, whyNot: WhyNot | null): void {
  button.disabled = whyNot !== null && whyNot !== "read_only";
  setAttribute(button, "data-read-only", whyNot === "read_only");
}
