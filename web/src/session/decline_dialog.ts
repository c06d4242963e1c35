/** Why not: one press, or a number key. The reason teaches whoever looks back. */

import type { Intervention } from "../contract/wire";
import { openDialog } from "../dom/dialog";
import { h } from "../dom/h";

export const DECLINE_REASONS = ["wrong time", "wrong content", "already did", "other"] as const;

export function openDeclineDialog(of: Intervention, onDecline: (reason: string) => void): void {
  const buttons = DECLINE_REASONS.map((reason, i) => {
    const label = reason.charAt(0).toUpperCase() + reason.slice(1);
    return h("button", { type: "button", class: "button wide", "data-testid": "decline-reason", "data-reason": reason },
      h("span", {}, label), h("kbd", { "aria-hidden": "true" }, i + 1));
  });
  const cancel = h("button", { type: "button", class: "button" }, "Cancel");
  const opened = openDialog("Decline: why?", "decline-dialog",
    h("p", { class: "muted", dir: "auto" }, of.what),
    h("div", { class: "stack" }, ...buttons),
    h("div", { class: "dialog-buttons" }, cancel));
  cancel.addEventListener("click", opened.close);
  const choose = (index: number): void => {
    const reason = DECLINE_REASONS[index];
    if (reason === undefined) return;
    opened.close();
    onDecline(reason);
  };
  buttons.forEach((button, i) => button.addEventListener("click", () => choose(i)));
  opened.element.addEventListener("keydown", (event) => {
    if (/^[1-4]$/.test(event.key)) choose(Number(event.key) - 1);
  });
  buttons[0]?.focus();
}
