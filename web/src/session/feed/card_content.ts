/** The text that would be shown, or was. */

import type { Intervention, Status } from "../../contract/wire";
import { h, replaceChildren, setHidden } from "../../dom/h";
import { cleanLines } from "../../text/clean";

/** Of the suggestion: once it is carried out, the text was perhaps another. */
const LABELS: Partial<Record<Status, string>> = {
  proposed: "Would say",
  approved: "Would say",
  declined: "Would have said",
  expired: "Would have said",
};

export class CardContent {
  private readonly label = h("span", { class: "content-label muted" });
  private readonly text = h("div", { class: "content-text", dir: "auto" });
  readonly element = h("div", { class: "content", hidden: true }, this.label, this.text);
  private drawn = "";

  update(of: Intervention): void {
    const text = of.content ?? (LABELS[of.status] === undefined ? null : of.suggested);
    setHidden(this.element, text === null);
    const label = of.content === null ? LABELS[of.status] ?? "" : of.status === "done" ? "Said" : "Text";
    const drawn = `${label}|${of.kind}|${text ?? ""}`;
    if (text === null || drawn === this.drawn) return;
    this.drawn = drawn;
    this.label.textContent = label;
    const [first = "", ...others] = cleanLines(text).split("\n").filter((line) => line.trim() !== "");
    // A poll is its question, then one option a line.
    if (of.kind === "POLL" && others.length > 0) {
      replaceChildren(this.text, h("p", {}, first), h("ul", { class: "options" }, ...others.map((option) => h("li", { dir: "auto" }, option))));
    } else {
      replaceChildren(this.text, ...[first, ...others].map((line) => h("p", {}, line)));
    }
  }
}
