/** The same data as the chart, to be read as numbers. */

import type { Intervention, Point } from "../../contract/wire";
import { h } from "../../dom/h";
import { bandOf } from "../../model/band";
import * as format from "../../text/format";
import * as words from "../../text/words";

/** More rows than this make a page slow; the chart still shows all. */
const ROWS_MAX = 1_000;
const TICK_MS = 5_000;

export class ChartTable {
  private readonly body = h("tbody", {});
  private readonly caption = h("caption", {});
  readonly element = h(
    "div",
    { class: "chart-table", tabindex: "0", role: "region", "aria-label": "The chart as a table", "data-testid": "chart-table", hidden: true },
    h("table", {}, this.caption,
      h("thead", {}, h("tr", {}, ...["Time", "Score", "Band", "Alarm", "People", "Chat/min", "Reactions/min", "Poll", "Leaving/min", "Intervention"]
        .map((title) => h("th", { scope: "col" }, title)))),
      this.body),
  );
  private drawn: unknown[] = [];

  update(points: readonly Point[], interventions: readonly Intervention[]): void {
    const drawn = [points.at(-1)?.at_ms, points.length, interventions];
    if (drawn.every((part, i) => part === this.drawn[i])) return;
    this.drawn = drawn;
    const newest = points.slice(-ROWS_MAX).reverse();
    this.caption.textContent = newest.length < points.length
      ? `The newest ${format.thousands(newest.length)} of ${format.count(points.length, "point", "points")}, newest first`
      : `${format.count(points.length, "point", "points")}, newest first`;
    this.body.replaceChildren(...newest.map((point, i) => row(point, newest[i - 1]?.at_ms ?? point.at_ms + TICK_MS, interventions)));
  }
}

function row(point: Point, nextMs: number, interventions: readonly Intervention[]): HTMLElement {
  const here = interventions.filter((one) => one.at_ms >= point.at_ms && one.at_ms < nextMs);
  const alarm = point.level === "none" ? "" : `${point.level}: ${words.anomalyClass(point.class ?? "alarm")}`;
  const cells = [
    format.score(point.score),
    point.score === null ? "" : words.BANDS[bandOf(point.score)],
    alarm,
    format.thousands(point.people),
    format.rate(point.chat),
    format.rate(point.reactions),
    format.percent(point.poll),
    format.rate(point.leave),
    here.map((one) => `${words.kind(one.kind)}: ${words.status(one)}`).join("; "),
  ];
  return h("tr", {}, h("th", { scope: "row" }, format.timeOfDay(point.at_ms)), ...cells.map((cell) => h("td", {}, cell)));
}
