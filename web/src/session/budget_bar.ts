/** How much of what may be sent is used up. */

import type { Session } from "../contract/wire";
import { h, setAttribute, setText } from "../dom/h";
import * as format from "../text/format";

export class BudgetBar {
  private readonly fill = h("span", { class: "bar-fill" });
  private readonly bar = h("span", { class: "bar", role: "meter", "aria-label": "Budget used", "aria-valuemin": "0" }, this.fill);
  private readonly words = h("span", { class: "budget-words" });
  readonly element = h("div", { class: "budget" }, this.words, this.bar);

  update(session: Session, now: number): void {
    const { budget } = session;
    this.element.hidden = budget === null || session.ended_ms !== null;
    if (budget === null) return;
    const share = budget.of > 0 ? Math.min(1, budget.used / budget.of) : 1;
    this.fill.style.width = `${100 * share}%`;
    setAttribute(this.element, "data-full", share >= 1);
    const used = `${budget.used} of ${budget.of} this ${format.spanInWords(budget.span_ms)}`;
    const left = budget.next_at_ms === null ? 0 : budget.next_at_ms - now;
    setText(this.words, left > 0 ? `${used}, next in ${format.countdown(left)}` : used);
    setAttribute(this.bar, "aria-valuemax", budget.of);
    setAttribute(this.bar, "aria-valuenow", Math.min(budget.used, budget.of));
    setAttribute(this.bar, "aria-valuetext", used);
  }
}
