/** On a phone: the newest proposal's actions, at the thumb. */

import type { Intervention } from "../contract/wire";
import { h, setHidden, setText } from "../dom/h";
import { choices } from "../model/feed";
import { isUnderWay } from "../model/sending";
import * as format from "../text/format";
import type { Actions } from "./actions";
import type { View } from "./view";

export class PhoneBar {
  private readonly what = h("p", { class: "phone-what", dir: "auto" });
  private readonly approve = h("button", { type: "button", class: "button primary tall", "data-testid": "phone-approve" }, "Approve");
  private readonly edit = h("button", { type: "button", class: "button tall", "data-testid": "phone-edit" }, "Edit");
  private readonly decline = h("button", { type: "button", class: "button tall", "data-testid": "phone-decline" }, "Decline");
  readonly element = h("div", { class: "phone-bar", role: "region", "aria-label": "Newest proposal", hidden: true },
    this.what, h("div", { class: "phone-buttons" }, this.approve, this.edit, this.decline));
  private command = "";

  constructor(actions: Actions) {
    this.approve.addEventListener("click", () => actions.approve(this.command));
    this.edit.addEventListener("click", () => actions.edit(this.command));
    this.decline.addEventListener("click", () => actions.decline(this.command));
  }

  update(view: View, newest: Intervention | null): void {
    const isHidden = newest === null || isUnderWay(view.store.sendings.get(newest.command));
    setHidden(this.element, isHidden);
    if (newest === null || isHidden) return;
    this.command = newest.command;
    const left = newest.expires_at_ms === null ? "" : ` · ${format.countdown(newest.expires_at_ms - view.now)}`;
    setText(this.what, newest.what + left);
    const can = choices(newest, view.now, view.model.executor, view.canAct, false);
    const isAway = can.approve === "executor_away";
    this.approve.disabled = isAway;
    this.edit.disabled = isAway;
  }
}
