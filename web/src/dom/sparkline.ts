/** A course in a few pixels. The numbers beside it say the same, so it is hidden from readers aloud. */

import { svg } from "./h";

const [WIDTH, HEIGHT, PAD] = [100, 28, 2];

export class Sparkline {
  readonly element: SVGElement;
  private readonly line = svg("path", { class: "spark-line", fill: "none", "vector-effect": "non-scaling-stroke" });
  private readonly area = svg("path", { class: "spark-area" });
  private readonly base = svg("line", {
    class: "spark-base", x1: 0, x2: WIDTH, y1: 0, y2: 0, "vector-effect": "non-scaling-stroke",
  });

  /** `range` fixes the scale, else it is that of the values; `baseline` draws a dashed line. */
  constructor(private readonly range?: readonly [number, number], baseline?: number) {
    this.element = svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "sparkline", "aria-hidden": "true" },
      this.area,
      this.line,
    );
    if (range !== undefined && baseline !== undefined) {
      const y = height(baseline, range);
      this.base.setAttribute("y1", String(y));
      this.base.setAttribute("y2", String(y));
      this.element.append(this.base);
    }
  }

  update(values: readonly (number | null)[]): void {
    const { line, area } = paths(values, this.range ?? rangeOf(values));
    this.line.setAttribute("d", line);
    this.area.setAttribute("d", area);
  }
}

function paths(values: readonly (number | null)[], range: readonly [number, number]): { line: string; area: string } {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  let [line, area, start]: [string, string, number | null] = ["", "", null];
  const fall = (x: number): string => `L${x.toFixed(1)} ${HEIGHT}L${(start ?? x).toFixed(1)} ${HEIGHT}Z`;
  values.forEach((value, i) => {
    const x = i * step;
    if (value === null) {
      if (start !== null) area += fall(x - step);
      start = null;
      return;
    }
    const point = `${start === null ? "M" : "L"}${x.toFixed(1)} ${height(value, range).toFixed(1)}`;
    if (start === null) start = x;
    line += point;
    area += point;
  });
  return { line, area: start === null ? area : area + fall((values.length - 1) * step) };
}

function height(value: number, [low, high]: readonly [number, number]): number {
  const share = high > low ? (Math.min(high, Math.max(low, value)) - low) / (high - low) : 0;
  return HEIGHT - PAD - share * (HEIGHT - 2 * PAD);
}

function rangeOf(values: readonly (number | null)[]): [number, number] {
  return [0, Math.max(1e-9, ...values.map((value) => value ?? 0)) * 1.1];
}
