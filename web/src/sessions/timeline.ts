/** The course of a session that is over: its score, alarms shaded, interventions as signs below. The figures and the list say the same. */

import type { Summary } from "../contract/wire";
import { h, svg } from "../dom/h";
import { figures, timeline } from "../model/summary";
import { fillingOf, shape } from "../session/chart/shapes";

const [WIDTH, HEIGHT] = [1_000, 100];
/** As usual. */
const BASELINE = 0.7;

export function drawTimeline(of: Summary): HTMLElement {
  const { line, alarms, markers } = timeline(of);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "timeline-drawing" });
  for (const { from, to, level } of alarms) {
    drawing.append(svg("rect", { class: "timeline-alarm", "data-level": level, x: from * WIDTH, width: (to - from) * WIDTH, y: 0, height: HEIGHT }));
  }
  const y = (score: number): number => HEIGHT * (1 - Math.min(1, Math.max(0, score)));
  drawing.append(svg("line", { class: "spark-base", x1: 0, x2: WIDTH, y1: y(BASELINE), y2: y(BASELINE), "vector-effect": "non-scaling-stroke" }));
  let [path, isOpen] = ["", false];
  for (const [place, score] of line) {
    if (score !== null) path += `${isOpen ? "L" : "M"}${(place * WIDTH).toFixed(1)} ${y(score).toFixed(1)}`;
    isOpen = score !== null;
  }
  drawing.append(svg("path", { class: "spark-line", d: path, fill: "none", "vector-effect": "non-scaling-stroke" }));
  const lane = h("div", { class: "timeline-lane" }, ...markers.map(({ line: one, place }) => {
    const marker = h("span", { class: "timeline-marker" });
    marker.style.left = `${100 * place}%`;
    marker.append(shape(one.kind, fillingOf(one.status)));
    return marker;
  }));
  const said = figures(of).map(([name, value]) => `${name}: ${value}`).join(", ");
  return h("div", { class: "timeline", role: "img", "aria-label": `The course of the score. ${said}.` },
    h("span", { class: "timeline-usual muted", "aria-hidden": "true" }, "as usual"), drawing, lane);
}
