/** Single-key shortcuts: those of the page that is open. They can be switched off, for people who speak to their computer. */

import { isDialogOpen, openDialog } from "./dialog";
import { storage } from "../storage";
import { h } from "./h";

export interface Binding {
  key: string;
  label: string;
  /** Nothing where the key is described here and handled where it works. */
  run?: () => void;
}

const OFF = "conductor-keys-off";
const SIGNS: Record<string, string> = { ArrowLeft: "←", ArrowRight: "→" };
const kept = storage("localStorage");
let bindings: readonly Binding[] = [];

export function bind(of: readonly Binding[]): void {
  bindings = of;
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isDialogOpen() || isTyping(event.target)) return;
    if (areOff() && event.key !== "?") return;
    if (event.key === "?") {
      event.preventDefault();
      showKeys();
      return;
    }
    const binding = bindings.find((b) => b.run !== undefined && b.key.toLowerCase() === event.key.toLowerCase());
    if (binding?.run === undefined) return;
    event.preventDefault();
    binding.run();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

function areOff(): boolean {
  return kept.get(OFF) === "yes";
}

export function showKeys(): void {
  const rows = [...bindings, { key: "?", label: "This list" }].map((binding) =>
    h("li", {}, h("kbd", {}, SIGNS[binding.key] ?? binding.key), h("span", {}, binding.label)),
  );
  const toggle = h("input", { type: "checkbox", on: {
    change: () => kept.set(OFF, toggle.checked ? "no" : "yes"),
  } });
  toggle.checked = !areOff();
  const close = h("button", { type: "button", class: "button" }, "Close");
  const opened = openDialog(
    "Keys",
    "keys",
    h("ul", { class: "keys" }, ...rows),
    h("label", { class: "check" }, toggle, "Single keys act (? always opens this list)"),
    h("div", { class: "dialog-buttons" }, close),
  );
  close.addEventListener("click", opened.close);
  close.focus();
}
