/** Records that could not be read: where they lie, why, and what stands in them. */

import type { DeadLetter } from "../contract/ops";
import { h, setHidden, setText } from "../dom/h";
import { KeyedList } from "../dom/keyed";
import { ago, filtered, place } from "./rows";

export class DeadLetters {
  private readonly filter = h("input", { type: "search", id: "dead-filter", placeholder: "Topic, key, cause, value…", "data-testid": "dead-filter", autocomplete: "off", spellcheck: "false" });
  private readonly title = h("h2", { id: "dead-title" });
  private readonly none = h("p", { class: "feed-empty" });
  private readonly items = h("ol", { class: "dead-list", tabindex: "0", "aria-labelledby": "dead-title" });
  readonly element = h("section", { class: "panel ops-panel", "data-testid": "dead-letters", "aria-labelledby": "dead-title" },
    h("header", { class: "panel-head" }, this.title, h("label", { class: "visually-hidden", for: "dead-filter" }, "Filter dead letters"), this.filter),
    this.none, this.items);
  private letters: readonly DeadLetter[] = [];
  private now = 0;
  private readonly list = new KeyedList<DeadLetter>(this.items, place, (letter) => {
    const age = h("span", { class: "muted" });
    const element = h("li", { "data-testid": "dead-letter" },
      h("details", {},
        h("summary", {},
          h("span", { class: "dead-cause", dir: "auto" }, letter.cause),
          h("code", {}, h("bdi", {}, place(letter))),
          h("span", { class: "muted" }, "key ", h("bdi", {}, letter.key ?? "none")), age),
        h("pre", { dir: "auto" }, letter.value ?? "no value")));
    return { element, update: (one) => setText(age, ago(one.at_ms, this.now)) };
  });

  constructor() {
    this.filter.addEventListener("input", () => this.render());
  }

  update(letters: readonly DeadLetter[], now: number): void {
    this.letters = letters;
    this.now = now;
    this.render();
  }

  private render(): void {
    const shown = filtered(this.letters, this.filter.value);
    setText(this.title, shown.length === this.letters.length ? `Dead letters (${shown.length})` : `Dead letters (${shown.length} of ${this.letters.length})`);
    setText(this.none, this.letters.length === 0 ? "None: every record could be read." : "None fits this filter.");
    setHidden(this.none, shown.length > 0);
    setHidden(this.items, shown.length === 0);
    this.list.update(shown);
  }
}
