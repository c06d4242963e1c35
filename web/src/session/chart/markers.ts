/** Interventions on the chart: buttons in a lane at the bottom, each with a card on hover and focus. */

import type { Intervention } from "../../contract/wire";
import { h, replaceChildren, setAttribute } from "../../dom/h";
import { KeyedList } from "../../dom/keyed";
import * as format from "../../text/format";
import * as words from "../../text/words";
import { outcomeWords } from "../feed/outcome";
import { fillingOf, shape } from "./shapes";

const TARGET_PX = 24;
const LEVELS = 4;
const CARD_PX = 280;
const BOTTOM_PX = 4;

export type Place = (atMs: number) => { left: number; width: number } | null;

export class Markers {
  private readonly lane = h("div", { class: "marker-lane" });
  private readonly card = h("div", { class: "marker-card", role: "tooltip", id: "marker-card", hidden: true });
  readonly element = h("div", { class: "markers", role: "group", "aria-label": "Interventions on the chart" }, this.lane, this.card);
  private readonly list: KeyedList<Intervention>;
  private shown: Intervention[] = [];
  /** Of each marker, above the bottom of the plot, in pixels. */
  private readonly bottoms = new Map<string, number>();
  private current: string | null = null;
  private open: string | null = null;

  constructor(private readonly place: Place, private readonly onChoose: (command: string) => void) {
    this.list = new KeyedList<Intervention>(this.lane, (one) => one.command, (one) => this.marker(one));
    this.element.addEventListener("mouseleave", () => this.hide());
  }

  /** `interventions`: newest first, as everywhere. */
  update(interventions: readonly Intervention[]): void {
    this.shown = interventions.filter((one) => this.isInside(one.at_ms)).reverse();
    if (!this.shown.some((one) => one.command === this.current)) this.current = this.shown.at(-1)?.command ?? null;
    this.list.update(this.shown);
    this.layOut();
    const open = this.shown.find((one) => one.command === this.open);
    if (open === undefined) this.hide();
    else this.show(open);
  }

  /** One to the left or right; true when there was one. */
  move(by: -1 | 1): boolean {
    if (this.shown.length === 0) return false;
    const hasFocus = this.lane.contains(document.activeElement);
    const at = this.shown.findIndex((one) => one.command === this.current);
    const next = this.shown[hasFocus ? Math.min(this.shown.length - 1, Math.max(0, at + by)) : at];
    if (next === undefined) return false;
    this.current = next.command;
    this.list.update(this.shown);
    this.list.get(next.command)?.element.focus();
    return true;
  }

  hide(): void {
    this.open = null;
    this.card.hidden = true;
  }

  private isInside(atMs: number): boolean {
    const place = this.place(atMs);
    return place !== null && place.left >= 0 && place.left <= place.width;
  }

  private marker(first: Intervention): { element: HTMLElement; update: (one: Intervention) => void } {
    let now = first;
    let drawn = "";
    const element = h("button", { type: "button", class: "marker", "data-testid": "marker", "aria-describedby": "marker-card" });
    const open = (): void => this.show(now);
    element.addEventListener("mouseenter", open);
    element.addEventListener("focus", () => {
      this.current = now.command;
      open();
    });
    element.addEventListener("blur", () => this.hide());
    element.addEventListener("click", () => this.onChoose(now.command));
    return {
      element,
      update: (one) => {
        now = one;
        const filling = fillingOf(one.status);
        if (drawn !== filling) {
          drawn = filling;
          element.replaceChildren(shape(one.kind, filling));
        }
        setAttribute(element, "data-command", one.command);
        setAttribute(element, "aria-label", `${words.kind(one.kind)}, ${format.timeOfDay(one.at_ms)}: ${words.status(one)}`);
        setAttribute(element, "tabindex", one.command === this.current ? "0" : "-1");
      },
    };
  }

  /** Those that would lie on each other are stacked. */
  private layOut(): void {
    this.bottoms.clear();
    const ends = new Array<number>(LEVELS).fill(-Infinity);
    for (const one of this.shown) {
      const left = this.place(one.at_ms)?.left ?? 0;
      const free = ends.findIndex((end) => left - end >= TARGET_PX);
      const level = free < 0 ? LEVELS - 1 : free;
      ends[level] = left;
      const element = this.list.get(one.command)?.element;
      if (element === undefined) continue;
      element.style.left = `${left - TARGET_PX / 2}px`;
      const bottom = BOTTOM_PX + level * TARGET_PX;
      this.bottoms.set(one.command, bottom);
      element.style.bottom = `${bottom}px`;
    }
  }

  private show(one: Intervention): void {
    this.open = one.command;
    const place = this.place(one.at_ms);
    if (place === null) return;
    const outcome = outcomeWords(one);
    replaceChildren(
      this.card,
      h("strong", { dir: "auto" }, one.what),
      h("span", { class: "muted" }, `${words.kind(one.kind)} · ${format.timeOfDay(one.at_ms)}`),
      h("span", {}, words.statusAndWho(one)),
      outcome === null ? null : h("span", {}, outcome),
    );
    this.card.style.left = `${Math.min(Math.max(0, place.left - CARD_PX / 2), Math.max(0, place.width - CARD_PX))}px`;
    // It touches its marker, so that the pointer can go over to it.
    this.card.style.bottom = `${(this.bottoms.get(one.command) ?? BOTTOM_PX) + TARGET_PX}px`;
    this.card.hidden = false;
  }
}
