/** Stops everything for this session by one click, and starts it again by the same. */

import { h, setAttribute, setHidden, setText } from "../dom/h";
import { setIcon } from "../dom/icons";
import type { View } from "./view";

export class PauseControl {
  private readonly sign = h("span", { class: "sign" });
  private readonly word = h("span", {});
  private readonly button = h(
    "button",
    { type: "button", class: "button pause", "data-testid": "pause", "aria-describedby": "pause-said", "aria-keyshortcuts": "P" },
    this.sign, this.word, h("kbd", { "aria-hidden": "true" }, "P"),
  );
  private readonly said = h("span", { class: "control-said", id: "pause-said", role: "status" });
  readonly element = h("div", { class: "pause-control" }, this.button, this.said);
  private view: View | null = null;

  constructor(private readonly askForToken: () => void) {
    this.button.addEventListener("click", () => this.press());
  }

  press(): void {
    const view = this.view;
    if (view === null || view.model.session.ended_ms !== null) return;
    if (view.canAct) void view.store.set("paused", !view.model.session.paused);
    else this.askForToken();
  }

  update(view: View): void {
    this.view = view;
    const { paused, ended_ms } = view.model.session;
    const change = view.store.changes.get("paused");
    const isUnderWay = change !== undefined && change.phase !== "failed";
    setIcon(this.sign, paused ? "play" : "pause");
    setText(this.word, isUnderWay ? (change.wanted === true ? "Pausing…" : "Resuming…") : paused ? "Resume" : "Pause");
    setAttribute(this.button, "data-paused", paused);
    setAttribute(this.button, "aria-disabled", isUnderWay || ended_ms !== null ? "true" : null);
    setAttribute(this.button, "title", paused
      ? "Propose and send again."
      : "Stop at once: nothing is proposed or sent, and what is not carried out yet is cancelled. Press again to go on.");
    setText(this.said, change?.phase === "failed" || change?.message !== "Sending…" ? change?.message ?? "" : "");
    setAttribute(this.said, "data-failed", change?.phase === "failed");
    setHidden(this.said, this.said.textContent === "");
  }
}
