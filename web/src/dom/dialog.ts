/** A question to the person. The browser's own dialog keeps the focus inside and gives it back. */

import { h, type Child } from "./h";

export interface Opened {
  element: HTMLDialogElement;
  close: () => void;
}

let ids = 0;

export function openDialog(title: string, testid: string, ...content: Child[]): Opened {
  const id = `dialog-${++ids}`;
  const element = h(
    "dialog",
    { class: "dialog", "aria-labelledby": id, "data-testid": testid },
    h("h2", { id }, title),
    ...content,
  );
  const close = (): void => element.close();
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => {
    // Only the dark around the dialog is the dialog itself.
    if (event.target === element && isOutside(element, event)) close();
  });
  document.body.append(element);
  element.showModal();
  return { element, close };
}

export function isDialogOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

function isOutside(element: HTMLElement, event: MouseEvent): boolean {
  const box = element.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
