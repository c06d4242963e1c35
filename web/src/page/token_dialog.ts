/** Where a person who can only watch learns whom to ask, and pastes a token. */

import { openDialog } from "../dom/dialog";
import { h, setText } from "../dom/h";
import { type Identity, READ_ONLY } from "./identity";

export function openTokenDialog(identity: Identity): void {
  const input = h("input", {
    type: "password", autocomplete: "off", spellcheck: "false", id: "token", "data-testid": "token-input",
    "aria-describedby": "token-said",
  });
  const said = h("p", { class: "field-said", role: "status", id: "token-said" });
  const use = h("button", { type: "submit", class: "button primary", "data-testid": "token-use" }, "Use this token");
  const cancel = h("button", { type: "button", class: "button" }, "Cancel");
  const form = h(
    "form",
    { class: "stack" },
    h("p", {}, READ_ONLY),
    h("label", { for: "token" }, "Token, or the whole link"),
    input,
    said,
    h("div", { class: "dialog-buttons" }, cancel, use),
  );
  const opened = openDialog("Act in this session", "token-dialog", form);
  cancel.addEventListener("click", opened.close);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setText(said, "Asking the server…");
    void identity.tryToken(input.value).then((isGood) => {
      if (isGood) opened.close();
      else setText(said, "The server does not take this token. Check that all of it is there, or ask whoever runs it.");
    });
  });
  input.focus();
}
