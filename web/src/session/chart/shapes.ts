/** The sign of an intervention on the chart: its shape says the kind, its filling how it went. */

import type { Status } from "../../contract/wire";
import { svg } from "../../dom/h";

const SHAPES: Record<string, string> = {
  POLL: "M4 4h12v12H4z",
  CHAT_PROMPT: "M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z",
  NUDGE: "M10 3l7.5 13.5h-15z",
  QNA_PROMOTE: "M10 2.5l7.5 7.5-7.5 7.5-7.5-7.5z",
};
const OTHER = "M6 3h8l4 7-4 7H6l-4-7z";

export type Filling = "done" | "proposed" | "failed" | "dropped" | "control";

export function fillingOf(status: Status): Filling {
  switch (status) {
    case "done": return "done";
    case "proposed":
    case "approved": return "proposed";
    case "failed":
    case "refused": return "failed";
    case "held_out": return "control";
    default: return "dropped";
  }
}

export function shape(kind: string, filling: Filling): SVGElement {
  const sign = svg(
    "svg",
    { viewBox: "0 0 20 20", class: "marker-sign", "aria-hidden": "true", "data-filling": filling },
    svg("path", { d: SHAPES[kind] ?? OTHER, class: "marker-shape", "stroke-width": 2, "stroke-linejoin": "round" }),
  );
  if (filling === "failed") sign.append(svg("path", { d: "M6.5 6.5l7 7M13.5 6.5l-7 7", class: "marker-cross", "stroke-width": 2 }));
  if (filling === "dropped") sign.append(svg("path", { d: "M3 17L17 3", class: "marker-cross", "stroke-width": 2 }));
  if (filling === "control") sign.append(svg("path", { d: "M10 9.5v1", class: "marker-cross", "stroke-width": 3, "stroke-linecap": "round" }));
  return sign;
}
