/** The feed: what was proposed, done and left alone, newest first. */

import type { Intervention } from "../../contract/wire";
import { h, setAttribute, setHidden, setText } from "../../dom/h";
import { icon } from "../../dom/icons";
import { KeyedList } from "../../dom/keyed";
import { type Filter, FILTERS, newestProposal, passes, shown } from "../../model/feed";
import * as format from "../../text/format";
import type { Actions } from "../actions";
import type { View } from "../view";
import { Card } from "./card";

export class FeedPanel {
  private filter: Filter = "all";
  private known: ReadonlySet<string> | null = null;
  private view: View | null = null;
  private cards: readonly Intervention[] = [];

  private readonly filters = FILTERS.map(({ filter, label }) => {
    const count = h("span", { class: "count" });
    const button = h("button", { type: "button", class: "segment", "data-filter": filter }, label, " ", count);
    button.addEventListener("click", () => this.choose(filter));
    return { filter, button, count };
  });
  private readonly hold = h("button", { type: "button", class: "button small", "data-testid": "feed-hold" });
  private readonly fresh = h("button", { type: "button", class: "button small fresh", "data-testid": "feed-new", hidden: true });
  private readonly log = h("div", { class: "cards", role: "log", "aria-label": "Interventions, newest first", "aria-relevant": "additions", tabindex: "0" });
  private readonly empty = h("p", { class: "feed-empty" });
  private readonly list: KeyedList<Intervention>;
  readonly element = h(
    "section",
    { class: "panel feed-panel", "aria-labelledby": "feed-title", "data-testid": "feed" },
    h("header", { class: "panel-head" }, h("h2", { id: "feed-title" }, "Interventions"), this.fresh, this.hold),
    h("div", { class: "segments filters", role: "group", "aria-label": "Show" }, ...this.filters.map((one) => one.button)),
    this.empty,
    this.log,
  );

  constructor(actions: Actions) {
    this.list = new KeyedList<Intervention>(this.log, (one) => one.command, () => {
      const card = new Card(actions);
      return { element: card.element, update: (one) => { if (this.view !== null) card.update(one, this.view); } };
    });
    this.hold.addEventListener("click", () => this.toggleHold());
    this.fresh.addEventListener("click", () => this.toggleHold());
  }

  update(view: View): void {
    this.view = view;
    const { interventions } = view.model;
    const { cards, waiting } = shown(interventions, this.filter, { known: this.known });
    this.cards = cards;
    this.list.update(cards);
    for (const { filter, button, count } of this.filters) {
      setAttribute(button, "aria-pressed", String(filter === this.filter));
      setText(count, String(interventions.filter((one) => passes(filter, one)).length));
    }
    const isHeld = this.known !== null;
    setText(this.hold, isHeld ? "Go on" : "Hold");
    setAttribute(this.hold, "aria-pressed", String(isHeld));
    setAttribute(this.hold, "title", isHeld ? "Show new ones as they come" : "Keep the list still: new ones only count");
    setHidden(this.fresh, waiting === 0);
    if (waiting > 0 && this.fresh.dataset["n"] !== String(waiting)) {
      this.fresh.dataset["n"] = String(waiting);
      this.fresh.replaceChildren(icon("up"), `${waiting} new`);
    }
    setHidden(this.empty, cards.length > 0);
    setText(this.empty, this.nothing(view));
    setHidden(this.log, cards.length === 0);
  }

  /** The card that keys act on: the focused one, else the newest proposal. */
  target(): Intervention | null {
    const focused = document.activeElement?.closest<HTMLElement>("[data-testid=card]")?.dataset["command"];
    return this.cards.find((one) => one.command === focused) ?? newestProposal(this.cards, this.view?.now ?? 0);
  }

  /** Brings a card into sight and focus; looks behind the filter for it. */
  reveal(command: string): void {
    if (this.list.get(command) === undefined) {
      this.filter = "all";
      this.known = null;
      if (this.view !== null) this.update(this.view);
    }
    this.list.get(command)?.element.focus();
  }

  /** One card up or down. */
  move(by: -1 | 1): void {
    const focused = document.activeElement?.closest<HTMLElement>("[data-testid=card]")?.dataset["command"];
    const at = this.cards.findIndex((one) => one.command === focused);
    const next = this.cards[at < 0 ? 0 : Math.min(this.cards.length - 1, Math.max(0, at + by))];
    if (next !== undefined) this.list.get(next.command)?.element.focus();
  }

  private choose(filter: Filter): void {
    this.filter = filter;
    this.log.scrollTop = 0;
    if (this.view !== null) this.update(this.view);
  }

  private toggleHold(): void {
    this.known = this.known === null ? new Set(this.view?.model.interventions.map((one) => one.command)) : null;
    if (this.known === null) this.log.scrollTop = 0;
    if (this.view !== null) this.update(this.view);
  }

  private nothing(view: View): string {
    if (view.model.interventions.length > 0) return "None of this kind. Choose “All” to see the rest.";
    const { mode, paused, ended_ms, budget } = view.model.session;
    if (ended_ms !== null) return "Nothing was proposed in this session.";
    if (paused) return "Paused: nothing is proposed until someone resumes.";
    if (mode === "off") return "The mode is Off: nothing is proposed. Change the mode to get proposals.";
    const most = budget === null ? "" : ` At most ${format.count(budget.of, "comes", "come")} in each ${format.spanInWords(budget.span_ms)}.`;
    return `Nothing proposed yet. A proposal comes when the score falls and something can help.${most}`;
  }
}
