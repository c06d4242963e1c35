/** The course of the score: as a chart, as a table, and on a phone as a sparkline. */

import type { Point } from "../../contract/wire";
import { h, setAttribute, setHidden, setText } from "../../dom/h";
import { icon } from "../../dom/icons";
import { Sparkline } from "../../dom/sparkline";
import { USUAL } from "../../model/band";
import { alarms, merge, since } from "../../model/points";
import { missing, type Range, RANGES, windowOf } from "../../model/ranges";
import { spark } from "../../model/signals";
import * as format from "../../text/format";
import * as words from "../../text/words";
import type { View } from "../view";
import { Markers } from "./markers";
import { OlderPoints } from "./older_points";
import { Plot } from "./plot";
import { ChartTable } from "./table";

export class ChartPanel {
  private range: Range = "15m";
  private isTable = false;
  private cursorMs: number | null = null;
  private view: View | null = null;
  private snapshots = 0;
  private joined: { older: readonly Point[]; live: readonly Point[]; points: readonly Point[] } | null = null;
  private windowed: { of: readonly Point[]; points: readonly Point[] } | null = null;

  private readonly older: OlderPoints;
  private readonly readout = h("p", { class: "readout muted" });
  private readonly note = h("p", { class: "chart-note", role: "status", hidden: true });
  private readonly ranges = RANGES.map(({ range, label, inWords }) => {
    const button = h("button", { type: "button", class: "segment", "data-range": range, "aria-label": `${label}: show ${inWords}` }, label);
    button.addEventListener("click", () => this.choose(range));
    return button;
  });
  private readonly toggle = h("button", { type: "button", class: "button small", "data-testid": "table-toggle" }, icon("table"), "Table");
  private readonly holder = h("div", { class: "plot" });
  private readonly markers: Markers;
  private readonly plot: Plot;
  private readonly table = new ChartTable();
  private readonly spark = new Sparkline([0, 1], USUAL);
  private readonly chart = h("div", { class: "chart", "data-testid": "chart", role: "group" }, this.holder, this.table.element,
    h("div", { class: "phone-spark" }, this.spark.element), this.note);
  readonly element = h(
    "section",
    { class: "panel chart-panel", "aria-labelledby": "chart-title" },
    h("header", { class: "panel-head" },
      h("h2", { id: "chart-title" }, "Score over time"), this.readout,
      h("div", { class: "segments", role: "group", "aria-label": "Range" }, ...this.ranges), this.toggle),
    this.chart,
    legend(),
  );

  constructor(session: string, private readonly onChange: () => void, onChoose: (command: string) => void) {
    this.older = new OlderPoints(session, onChange);
    this.markers = new Markers((atMs) => this.plot.place(atMs), onChoose);
    this.plot = new Plot(this.holder, this.markers.element, () => this.placeMarkers(), (atMs) => this.point(atMs));
    this.toggle.addEventListener("click", () => this.toggleTable());
    this.chart.addEventListener("keydown", (event) => this.key(event));
  }

  close(): void {
    this.plot.close();
  }

  moveMarker(by: -1 | 1): void {
    if (!this.isTable) this.markers.move(by);
  }

  update(view: View): void {
    this.view = view;
    if (view.store.snapshots !== this.snapshots) {
      this.snapshots = view.store.snapshots;
      this.older.reset();
    }
    const points = this.allPoints(view);
    const { session, interventions } = view.model;
    const window = windowOf(this.range, session, points, view.now);
    const gap = missing(window, session, points);
    if (gap !== null && session.score !== null) void this.older.need(gap, view.at);
    const inside = this.inside(points, window.from_ms);
    const found = alarms(points);
    setAttribute(this.chart, "data-points", points.length);
    setAttribute(this.chart, "data-first", points[0]?.at_ms ?? "");
    setAttribute(this.chart, "data-last", points.at(-1)?.at_ms ?? "");
    setAttribute(this.chart, "data-alarms", found.length);
    setAttribute(this.chart, "aria-label", `${points.length === 0 ? "No points yet" : "Score over time"}. Left and right move between interventions; Table shows the numbers.`);
    for (const button of this.ranges) setAttribute(button, "aria-pressed", String(button.dataset["range"] === this.range));
    if (this.isTable) this.table.update(inside, interventions);
    else this.plot.update(inside, found, window);
    this.placeMarkers();
    this.spark.update(spark(points, (point) => point.score));
    this.showReadout();
    this.showNote(points.length);
  }

  private allPoints(view: View): readonly Point[] {
    const { joined } = this;
    const [older, live] = [this.older.points, view.model.points];
    if (joined !== null && joined.older === older && joined.live === live) return joined.points;
    const points = older.length === 0 ? live : merge(older, live);
    this.joined = { older, live, points };
    return points;
  }

  /** With one point more to the left, so that the line comes in from the edge. The same array while nothing has changed. */
  private inside(points: readonly Point[], fromMs: number): readonly Point[] {
    const inside = since(points, fromMs - 10_000);
    const kept = this.windowed;
    if (kept !== null && kept.of === points && kept.points.length === inside.length) return kept.points;
    this.windowed = { of: points, points: inside };
    return inside;
  }

  private placeMarkers(): void {
    if (this.view !== null) this.markers.update(this.view.model.interventions);
  }

  private choose(range: Range): void {
    this.range = range;
    this.onChange();
  }

  private toggleTable(): void {
    this.isTable = !this.isTable;
    this.toggle.replaceChildren(icon(this.isTable ? "chart" : "table"), this.isTable ? "Chart" : "Table");
    setHidden(this.table.element, !this.isTable);
    setHidden(this.holder, this.isTable);
    setAttribute(this.element, "data-table", this.isTable);
    this.onChange();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.markers.hide();
    if (this.isTable || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    if (this.markers.move(event.key === "ArrowLeft" ? -1 : 1)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private point(atMs: number | null): void {
    this.cursorMs = atMs;
    this.showReadout();
  }

  private showReadout(): void {
    const points = this.joined?.points ?? [];
    const point = this.cursorMs === null ? points.at(-1) : points.find((one) => one.at_ms === this.cursorMs);
    if (point === undefined) return setText(this.readout, "");
    const alarm = point.level === "none" || point.class === null ? "" : ` · ${words.anomalyClass(point.class)}`;
    setText(this.readout, `${format.timeOfDay(point.at_ms)} · score ${format.score(point.score)} · ${format.thousands(point.people)} people${alarm}`);
  }

  private showNote(known: number): void {
    const text = this.older.state === "failed" ? "Older points could not be loaded; trying again."
      : this.older.state === "loading" ? "Loading older points…"
        : known === 0 ? "No points yet: the first comes a few seconds after the first people or messages." : "";
    setText(this.note, text);
    setHidden(this.note, text === "");
  }
}

function legend(): HTMLElement {
  const item = (className: string, text: string): HTMLElement => h("li", {}, h("span", { class: `legend-sign ${className}` }), text);
  return h("ul", { class: "legend muted", "aria-label": "Legend" },
    item("baseline", "as usual (70)"), item("alarm", "alarm"), item("done", "done"), item("proposed", "proposed"), item("failed", "failed"),
    h("li", {}, "□ poll  ○ prompt  △ nudge  ◇ question"));
}
