/** One intervention in the feed: what, why, how sure, how far, what came of it, and what a person can do. */

import type { Intervention } from "../../contract/wire";
import { h, replaceChildren, setAttribute, setHidden, setText } from "../../dom/h";
import { icon, kindIcon, setIcon } from "../../dom/icons";
import * as format from "../../text/format";
import * as words from "../../text/words";
import type { Actions } from "../actions";
import type { View } from "../view";
import { CardButtons } from "./card_buttons";
import { CardContent } from "./card_content";
import { declineWords, failureWords, outcomeWords } from "./outcome";

const REASONS_MAX = 4;

export class Card {
  private readonly sign = h("span", { class: "sign kind" });
  private readonly what = h("h3", { dir: "auto" });
  private readonly status = h("span", { class: "status" });
  private readonly why = h("ul", { class: "why" });
  private readonly content = new CardContent();
  private readonly fill = h("span", { class: "bar-fill" });
  private readonly confidence = h("span", {});
  private readonly age = h("span", { class: "age" });
  private readonly decided = h("bdi", {});
  private readonly segment = h("span", { class: "segment-word" });
  private readonly provider = h("span", { class: "chip", hidden: true });
  private readonly outcome = h("p", { class: "outcome", "data-testid": "outcome", hidden: true });
  private readonly because = h("bdi", { "data-testid": "decline-said" });
  private readonly declined = h("p", { class: "muted because", hidden: true }, "Declined because: ", this.because);
  private readonly failure = h("p", { class: "failure", hidden: true });
  private readonly buttons: CardButtons;
  readonly element: HTMLElement;
  private drawnWhy = "";
  private drawnOutcome = "";

  constructor(actions: Actions) {
    this.buttons = new CardButtons(actions);
    this.element = h(
      "article",
      { class: "card", tabindex: "0", "data-testid": "card" },
      h("header", {}, this.sign, this.what, this.status),
      this.why,
      this.content.element,
      h("p", { class: "facts muted" },
        h("span", { class: "confidence" }, h("span", { class: "bar", "aria-hidden": "true" }, this.fill), this.confidence),
        this.segment, this.age, this.decided, this.provider),
      this.declined,
      this.outcome,
      this.failure,
      this.buttons.element,
    );
  }

  update(intervention: Intervention, view: View): void {
    setAttribute(this.element, "data-command", intervention.command);
    setAttribute(this.element, "data-status", intervention.status);
    setAttribute(this.element, "aria-label", `${words.kind(intervention.kind)}: ${intervention.what}`);
    setIcon(this.sign, kindIcon(intervention.kind));
    setAttribute(this.sign, "title", words.kind(intervention.kind));
    setText(this.what, intervention.what);
    setText(this.status, words.status(intervention));
    this.showWhy(intervention.why);
    this.content.update(intervention);
    this.showFacts(intervention, view.now);
    this.showOutcome(intervention);
    this.buttons.update(intervention, view);
  }

  private showWhy(why: readonly string[]): void {
    const said = JSON.stringify(why);
    if (said === this.drawnWhy) return;
    this.drawnWhy = said;
    replaceChildren(this.why, ...why.slice(0, REASONS_MAX).map((reason) => h("li", { dir: "auto" }, reason)));
    setHidden(this.why, why.length === 0);
  }

  private showFacts(of: Intervention, now: number): void {
    const share = Math.min(1, Math.max(0, of.confidence ?? 0));
    this.fill.style.width = `${100 * share}%`;
    setText(this.confidence, of.confidence === null ? "sureness not known" : `${format.percent(of.confidence)} sure, ${sureness(share)}`);
    setText(this.age, `${format.age(now - of.at_ms)} ago`);
    setAttribute(this.age, "title", format.timeOfDay(of.at_ms));
    setText(this.segment, of.segment === null ? "" : `for ${words.segment(of.segment)}`);
    setText(this.decided, words.decidedBy(of) ?? "");
    setHidden(this.decided, this.decided.textContent === "");
    const provider = of.feedback?.provider ?? null;
    setHidden(this.provider, provider === null);
    setText(this.provider, provider === "templates" ? "text from templates" : provider === null ? "" : `text by ${provider}`);
  }

  private showOutcome(of: Intervention): void {
    const outcome = outcomeWords(of);
    setHidden(this.outcome, outcome === null);
    const effect = of.outcome?.effect ?? "none";
    setAttribute(this.outcome, "data-effect", effect);
    if (outcome !== null && this.drawnOutcome !== outcome) {
      this.drawnOutcome = outcome;
      replaceChildren(this.outcome, icon(effect === "success" ? "up" : effect === "backfired" ? "down" : "steady"), outcome);
    }
    const because = declineWords(of);
    setHidden(this.declined, because === null);
    setText(this.because, because ?? "");
    const failure = failureWords(of);
    setHidden(this.failure, failure === null);
    setText(this.failure, failure ?? "");
  }
}

function sureness(share: number): string {
  return share >= 0.8 ? "high" : share >= 0.6 ? "fair" : "low";
}
