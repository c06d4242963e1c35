/** How much is left to the machine. A change says what it means, and happens only when a person has read that. */

import type { Mode, Session } from "../contract/wire";
import { openDialog } from "../dom/dialog";
import { h, name, setAttribute, setHidden, setText } from "../dom/h";
import { meaning, MODE_ORDER } from "../model/modes";
import * as format from "../text/format";
import * as words from "../text/words";
import type { View } from "./view";

export class ModeControl {
  private readonly select = h(
    "select",
    { id: "mode", "data-testid": "mode", "aria-describedby": "mode-said" },
    ...MODE_ORDER.map((mode) => h("option", { value: mode }, words.MODES[mode])),
  );
  private readonly said = h("span", { class: "control-said", id: "mode-said", role: "status" });
  readonly element = h("div", { class: "mode" }, h("label", { for: "mode" }, "Mode"), this.select, this.said);
  private view: View | null = null;

  constructor(private readonly askForToken: () => void) {
    this.select.addEventListener("change", () => this.chosen());
  }

  update(view: View): void {
    this.view = view;
    const { session } = view.model;
    const change = view.store.changes.get("mode");
    const isUnderWay = change !== undefined && change.phase !== "failed";
    this.select.disabled = isUnderWay || session.ended_ms !== null;
    const shown = isUnderWay ? String(change.wanted) : session.mode;
    if (document.querySelector("[data-testid=mode-dialog]") === null && this.select.value !== shown) this.select.value = shown;
    setAttribute(this.select, "title", whoSet(session, view.now));
    setText(this.said, change?.message ?? "");
    setAttribute(this.said, "data-failed", change?.phase === "failed");
    setHidden(this.said, change === undefined);
  }

  private chosen(): void {
    const view = this.view;
    if (view === null) return;
    const wanted = this.select.value as Mode;
    const { mode } = view.model.session;
    if (wanted === mode) return;
    if (!view.canAct) {
      this.select.value = mode;
      this.askForToken();
      return;
    }
    this.confirm(view, wanted);
  }

  private confirm(view: View, wanted: Mode): void {
    const { session } = view.model;
    const cancel = h("button", { type: "button", class: "button", "data-testid": "mode-cancel" }, "Keep it");
    const confirm = h("button", { type: "button", class: "button primary", "data-testid": "mode-confirm" }, `Change to ${words.MODES[wanted]}`);
    const opened = openDialog(
      `Change the mode to “${words.MODES[wanted]}”?`,
      "mode-dialog",
      h("dl", { class: "modes" },
        h("dt", {}, "Now: ", words.MODES[session.mode]),
        h("dd", {}, meaning(session.mode, session.budget)),
        h("dt", { class: "wanted" }, "Then: ", words.MODES[wanted]),
        h("dd", {}, meaning(wanted, session.budget))),
      h("p", { class: "muted" }, "The change is recorded with your name, and holds for ", name(session.title ?? session.session), " only."),
      h("div", { class: "dialog-buttons" }, cancel, confirm),
    );
    cancel.addEventListener("click", opened.close);
    confirm.addEventListener("click", () => {
      opened.close();
      void view.store.set("mode", wanted);
    });
    opened.element.addEventListener("close", () => {
      this.select.focus();
      if (this.view !== null && !this.view.store.changes.has("mode")) this.select.value = this.view.model.session.mode;
    });
    confirm.focus();
  }
}

function whoSet(session: Session, now: number): string {
  const what = meaning(session.mode, session.budget);
  if (session.mode_by === null) return what;
  const when = session.mode_at_ms === null ? "" : ` ${format.age(now - session.mode_at_ms)} ago`;
  return `${what} Set by ${session.mode_by}${when}.`;
}
