/** Another text for what is proposed, and its approval in one. */

import type { Intervention } from "../contract/wire";
import { openDialog } from "../dom/dialog";
import { h, setText } from "../dom/h";
import { cleanLines } from "../text/clean";

const CHARS_MAX = 1_000;

export function openEditDialog(of: Intervention, draft: string, onDraft: (text: string) => void, onApprove: (text: string) => void): void {
  const area = h("textarea", { id: "edit-text", rows: "6", dir: "auto", maxlength: CHARS_MAX, "data-testid": "edit-text", "aria-describedby": "edit-hint edit-said" });
  area.value = cleanLines(draft);
  const hint = of.kind === "POLL"
    ? "The first line is the question; each further line is an option, at least two."
    : "This is what people will read.";
  const said = h("p", { class: "field-said", id: "edit-said", role: "status" });
  const cancel = h("button", { type: "button", class: "button" }, "Cancel");
  const approve = h("button", { type: "submit", class: "button primary", "data-testid": "edit-approve" }, "Approve this text");
  const form = h("form", { class: "stack" },
    h("label", { for: "edit-text" }, "Text"),
    area,
    h("p", { class: "muted", id: "edit-hint" }, hint),
    said,
    h("div", { class: "dialog-buttons" }, cancel, approve));
  const opened = openDialog("Edit, then approve", "edit-dialog", h("p", { dir: "auto", class: "muted" }, of.what), form);
  cancel.addEventListener("click", opened.close);
  area.addEventListener("input", () => onDraft(area.value));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = area.value.trim();
    const problem = problemOf(of.kind, text);
    setText(said, problem ?? "");
    if (problem !== null) return;
    opened.close();
    onApprove(text);
  });
  area.focus();
}

function problemOf(kind: string, text: string): string | null {
  if (text === "") return "Write a text first.";
  const lines = text.split("\n").filter((line) => line.trim() !== "").length;
  return kind === "POLL" && lines < 3 ? "A poll needs a question and at least two options, one a line." : null;
}
