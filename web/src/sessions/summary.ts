/** What is left of a session, below its row: opened by a button, asked for when it is opened. */

import type { Summary, SummaryLine } from "../contract/wire";
import { h, replaceChildren, setAttribute, setHidden } from "../dom/h";
import { icon } from "../dom/icons";
import { controlWords, effectWords, figures, watch } from "../model/summary";
import * as get from "../net/get";
import { fillingOf, shape } from "../session/chart/shapes";
import { outcomeWords } from "../session/feed/outcome";
import * as words from "../text/words";
import { drawTimeline } from "./timeline";

const EXPORTS = [
  ["Scores", "engagement-metrics"],
  ["Interventions", "interventions"],
] as const;
const FORMATS = [
  ["CSV", "csv"],
  ["JSON lines", "jsonl"],
] as const;

let ids = 0;

export class SummaryDisclosure {
  private readonly id = `summary-${++ids}`;
  private readonly button: HTMLButtonElement;
  private readonly panel: HTMLElement;
  readonly element: HTMLElement;

  constructor(private readonly session: string, title: string) {
    this.button = h("button", {
      type: "button", class: "button small quiet", "aria-expanded": "false", "aria-controls": this.id, "data-testid": "summary-toggle",
      on: { click: () => void this.toggle() },
    }, icon("chart"), "Summary", h("span", { class: "visually-hidden" }, ` of ${title}`));
    this.panel = h("section", { id: this.id, class: "summary panel", "aria-label": `Summary of ${title}`, "data-testid": "summary", hidden: true });
    this.element = h("div", { class: "summary-part" }, this.button, this.panel);
  }

  private async toggle(): Promise<void> {
    const isOpen = this.panel.hidden;
    setHidden(this.panel, !isOpen);
    setAttribute(this.button, "aria-expanded", String(isOpen));
    // What is there already is brought up to date without a flash.
    if (!isOpen) return;
    if (this.panel.childElementCount === 0) replaceChildren(this.panel, h("p", { class: "muted", role: "status" }, "Asking the server…"));
    try {
      replaceChildren(this.panel, ...content(this.session, await get.summary(this.session)));
    } catch {
      replaceChildren(this.panel, h("p", { role: "alert" }, "The server does not answer: close the summary, and open it again in a moment."));
    }
  }
}

function content(session: string, summary: Summary): HTMLElement[] {
  const control = controlWords(summary.effect);
  const parts = [
    h("dl", { class: "figures" }, ...figures(summary).map(([name, value]) => h("div", {}, h("dt", { class: "muted" }, name), h("dd", {}, value)))),
    drawTimeline(summary),
    h("p", { class: "summary-effect", "data-testid": "summary-effect" }, effectWords(summary.effect), control === null ? "" : ` ${control}`),
    interventions(summary),
  ];
  if (summary.source === "history") parts.push(exports(session));
  else parts.push(h("p", { class: "muted" }, "There is no database: this is the last hour at most, and there is nothing to take along."));
  return parts;
}

function interventions(summary: Summary): HTMLElement {
  if (summary.interventions.length === 0) return h("p", { class: "muted" }, "There was no intervention.");
  const rows = summary.interventions.map((one) => row(summary, one));
  return h("div", {},
    summary.is_cut ? h("p", { class: "muted" }, `The last ${rows.length} interventions:`) : null,
    h("ol", { class: "summary-lines", "aria-label": "Interventions, the oldest first" }, ...rows));
}

function row(summary: Summary, one: SummaryLine): HTMLElement {
  const sign = h("span", { class: "sign" });
  sign.append(shape(one.kind, fillingOf(one.status)));
  return h("li", { class: "summary-line", "data-testid": "summary-line" },
    sign,
    h("span", { class: "summary-at muted" }, watch(summary, one.at_ms)),
    h("span", { class: "summary-what", dir: "auto" }, one.what),
    h("span", {}, words.statusWord(one.status)),
    h("span", { class: "summary-outcome", "data-effect": one.outcome?.effect ?? "none" }, outcomeWords(one) ?? "no outcome yet"));
}

function exports(session: string): HTMLElement {
  const links = EXPORTS.flatMap(([name, table]) => FORMATS.map(([label, format]) =>
    h("a", { class: "button small", href: get.exportPath(session, table, format), download: "" }, icon("take"), `${name}, ${label}`)));
  return h("div", { class: "summary-exports" }, h("span", { class: "muted" }, "Take along:"), ...links);
}
