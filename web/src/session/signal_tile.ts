/** One signal: its value, its course, and how it changed. */

import { h, setAttribute, setText } from "../dom/h";
import { icon, type Icon } from "../dom/icons";
import { Sparkline } from "../dom/sparkline";
import type { Reading, Signal } from "../model/signals";
import * as format from "../text/format";

const FACES: Record<Signal, { label: string; unit: string; icon: Icon }> = {
  chat: { label: "Chat", unit: "/min", icon: "chat" },
  reactions: { label: "Reactions", unit: "/min", icon: "reactions" },
  poll: { label: "Poll votes", unit: "%", icon: "poll" },
  leave: { label: "Leaving", unit: "/min", icon: "leave" },
};

export class SignalTile {
  private readonly value = h("span", { class: "tile-value" });
  private readonly unit = h("span", { class: "tile-unit muted" });
  private readonly change = h("span", { class: "tile-change" });
  private readonly against = h("span", { class: "tile-against" });
  private readonly spark = new Sparkline();
  readonly element: HTMLElement;

  constructor(private readonly signal: Signal) {
    const face = FACES[signal];
    setText(this.unit, face.unit);
    this.element = h(
      "li",
      { class: "tile", "data-signal": signal },
      h("h3", {}, icon(face.icon), face.label),
      h("p", { class: "tile-figures" }, this.value, this.unit),
      this.spark.element,
      h("p", { class: "tile-notes" }, this.change, this.against),
    );
  }

  update(reading: Reading): void {
    const { value, change } = reading;
    const isShare = this.signal === "poll";
    setText(this.value, value === null ? "–" : isShare ? String(Math.round(value * 100)) : format.rate(value));
    this.unit.hidden = value === null;
    const shown = change === null ? null : isShare ? Math.round(change * 100) : Math.round(change * 10) / 10;
    const direction = shown === null || shown === 0 ? "steady" : shown > 0 ? "up" : "down";
    setAttribute(this.change, "data-direction", direction);
    // Who leaves is missed: there, more is worse.
    setAttribute(this.change, "data-good", direction === "steady" ? null : (direction === "up") !== (this.signal === "leave") ? "yes" : "no");
    setText(this.change, shown === null ? "" : shown === 0 ? "steady" : `${shown > 0 ? "+" : "−"}${format.rate(Math.abs(shown))} in 5 min`);
    setText(this.against, value === null && reading.against === null ? this.nothing() : this.compared(reading.against));
    setAttribute(this.against, "data-against", reading.against);
    this.spark.update(reading.spark);
  }

  private nothing(): string {
    return this.signal === "poll" ? "no poll open" : "not heard of";
  }

  private compared(against: Reading["against"]): string {
    if (against === null) return "";
    if (against === "as") return "as usual";
    // The term speaks of staying, the tile of leaving.
    const isMore = this.signal === "leave" ? against === "below" : against === "above";
    return isMore ? "more than usual" : "less than usual";
  }
}
