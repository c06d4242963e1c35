/** The line of the score, drawn by uPlot. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Point } from "../../contract/wire";
import { type Alarm, columns } from "../../model/points";
import type { Window } from "../../model/ranges";
import * as format from "../../text/format";
import { colours, onColoursChange } from "./colours";
import { drawGround } from "./ground";

const FONT = "12px system-ui, sans-serif";

export class Plot {
  private plot: uPlot | null = null;
  private window: Window = { from_ms: 0, to_ms: 1 };
  private alarms: readonly Alarm[] = [];
  private data: uPlot.AlignedData = [[], []];
  private drawn: readonly Point[] | null = null;
  private readonly resizing: ResizeObserver;
  private readonly stopListening: () => void;

  /** `onDraw` hears when places on the plot have changed; `onCursor` which time the pointer is at. */
  constructor(
    private readonly holder: HTMLElement,
    private readonly overlay: HTMLElement,
    private readonly onDraw: () => void,
    private readonly onCursor: (atMs: number | null) => void,
  ) {
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(holder);
    this.stopListening = onColoursChange(() => this.rebuild());
  }

  close(): void {
    this.resizing.disconnect();
    this.stopListening();
    this.plot?.destroy();
    this.plot = null;
  }

  update(points: readonly Point[], alarms: readonly Alarm[], window: Window): void {
    this.window = window;
    this.alarms = alarms;
    if (points !== this.drawn) {
      this.drawn = points;
      const [times, scores] = columns(points);
      this.data = [times, scores.map((score) => (score === null ? null : 100 * score))];
      this.plot?.setData(this.data, false);
    }
    this.plot?.setScale("x", { min: window.from_ms, max: window.to_ms });
  }

  /** How far from the left edge of the plot a time is, and how wide the plot is, in pixels of the page. */
  place(atMs: number): { left: number; width: number } | null {
    if (this.plot === null) return null;
    return { left: this.plot.valToPos(atMs, "x"), width: this.plot.over.clientWidth };
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.holder;
    if (width < 50 || height < 50) return;
    if (this.plot === null) this.rebuild();
    else this.plot.setSize({ width, height });
  }

  private rebuild(): void {
    const { clientWidth: width, clientHeight: height } = this.holder;
    if (width < 50 || height < 50) return;
    this.plot?.destroy();
    this.plot = new uPlot(this.options(width, height), this.data, this.holder);
    this.plot.over.append(this.overlay);
    this.plot.setScale("x", { min: this.window.from_ms, max: this.window.to_ms });
    this.onDraw();
  }

  private options(width: number, height: number): uPlot.Options {
    const paint = colours();
    return {
      width,
      height,
      ms: 1,
      padding: [8, 64, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 9 } },
      scales: { x: { time: true, auto: false }, y: { range: [0, 100] } },
      series: [{}, { stroke: paint.line, fill: paint.fill, width: 2, points: { show: false } }],
      axes: [
        { stroke: paint.text, font: FONT, grid: { show: false }, ticks: { stroke: paint.grid, size: 4 }, space: 90, size: 28, gap: 4,
          values: (_, times) => times.map((time) => format.timeOfDay(time).replace(/:00$/, "")) },
        { stroke: paint.text, font: FONT, grid: { show: false }, ticks: { show: false }, size: 36, gap: 6,
          splits: [0, 20, 40, 60, 80, 100] },
      ],
      hooks: {
        drawClear: [(plot) => drawGround(plot, this.alarms, paint)],
        draw: [() => this.onDraw()],
        setCursor: [(plot) => this.onCursor(timeAt(plot))],
      },
    };
  }
}

function timeAt(plot: uPlot): number | null {
  const { idx, left } = plot.cursor;
  return idx === null || idx === undefined || left === undefined || left < 0 ? null : plot.data[0][idx] ?? null;
}
