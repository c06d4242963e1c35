/** Why not: one press, a number key, or a few words. The reason teaches whoever looks back. */

import type { Intervention } from "../contract/wire";
import { openDialog } from "../dom/dialog";
import { h, setHidden, setText } from "../dom/h";
import { clean } from "../text/clean";

export const DECLINE_REASONS = ["wrong time", "wrong content", "already did", "other"] as const;

/** The server passes on no more. */
const REASON_CHARS_MAX = 200;

export function openDeclineDialog(of: Intervention, onDecline: (reason: string) => void): void {
  const buttons = DECLINE_REASONS.map((reason, i) => {
    const label = reason.charAt(0).toUpperCase() + reason.slice(1);
    return h("button", { type: "button", class: "button wide", "data-testid": "decline-reason", "data-reason": reason },
      h("span", {}, label), h("kbd", { "aria-hidden": "true" }, i + 1));
  });
  const text = h("input", { type: "text", id: "decline-text", dir: "auto", maxlength: REASON_CHARS_MAX, autocomplete: "off", "aria-describedby": "decline-said", "data-testid": "decline-text" });
  const said = h("p", { class: "field-said", id: "decline-said", role: "status" });
  const decline = h("button", { type: "submit", class: "button primary", "data-testid": "decline-send" }, "Decline");
  const words = h("form", { class: "stack", hidden: true },
    h("label", { for: "decline-text" }, "Why, in your words"), text, said, decline);
  const cancel = h("button", { type: "button", class: "button" }, "Cancel");
  const choices = h("div", { class: "stack" }, ...buttons);
  const opened = openDialog("Decline: why?", "decline-dialog",
    h("p", { class: "muted", dir: "auto" }, of.what),
    choices,
    words,
    h("div", { class: "dialog-buttons" }, cancel));
  const end = (reason: string): void => {
    opened.close();
    onDecline(reason);
  };
  const choose = (index: number): void => {
    const reason = DECLINE_REASONS[index];
    if (reason === undefined) return;
    if (reason !== "other") return end(reason);
    setHidden(choices, true);
    setHidden(words, false);
    text.focus();
  };
  cancel.addEventListener("click", opened.close);
  buttons.forEach((button, i) => button.addEventListener("click", () => choose(i)));
  opened.element.addEventListener("keydown", (event) => {
    if (choices.hidden || !/^[1-4]$/.test(event.key)) return;
    // Else the number would be the first letter of the words.
    event.preventDefault();
    choose(Number(event.key) - 1);
  });
  words.addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = clean(text.value, REASON_CHARS_MAX).trim();
    setText(said, reason === "" ? "Write a few words, or choose Cancel." : "");
    if (reason !== "") end(reason);
  });
  buttons[0]?.focus();
}
