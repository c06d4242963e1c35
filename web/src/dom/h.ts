/** Elements without a framework. Every text goes through `clean`, so that no text of other people gets around it. */

import { clean } from "../text/clean";

export type Child = Node | string | number | null | undefined | false;

type Props = {
  class?: string;
  on?: Partial<{ [K in keyof HTMLElementEventMap]: (event: HTMLElementEventMap[K]) => void }>;
} & { [attribute: string]: unknown };

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") listen(element, value as Props["on"]);
    else setAttribute(element, name, value);
  }
  append(element, children);
  return element;
}

function listen(element: HTMLElement, listeners: Props["on"]): void {
  for (const [name, listener] of Object.entries(listeners ?? {})) {
    element.addEventListener(name, listener as EventListener);
  }
}

/** Writes only what differs: an untouched tree is neither laid out nor read aloud again. */
export function setAttribute(element: Element, name: string, value: unknown): void {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : clean(String(value));
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

export function setText(element: Element, text: string): void {
  const cleaned = clean(text);
  if (element.textContent !== cleaned) element.textContent = cleaned;
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "object" ? child : document.createTextNode(clean(String(child))));
  }
}

export function replaceChildren(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** A name or title of other people: its direction ends where it ends. */
export function name(text: string, className?: string): HTMLElement {
  return h("bdi", className === undefined ? {} : { class: className }, text);
}

export function setHidden(element: HTMLElement, isHidden: boolean): void {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Record<string, string | number> = {}, ...children: Node[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  element.append(...children);
  return element;
}
