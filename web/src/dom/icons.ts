/** The signs: drawn by strokes on a field of 24, in the colour of the text around them. */

import { svg } from "./h";

const PATHS = {
  high: "M5 13l7-7 7 7M5 19l7-7 7 7",
  usual: "M4 9c3-4 5-4 8 0s5 4 8 0M4 16c3-4 5-4 8 0s5 4 8 0",
  fair: "M5 9l7 7 7-7",
  low: "M12 3L2 20h20zM12 9v5M12 17v.5",
  unknown: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17.5v.5",
  poll: "M5 20V11M12 20V4M19 20v-6",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  nudge: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  question: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .7-1 1.7M12 17v.3",
  reactions: "M12 20C5 15 3 12 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5C21 12 19 15 12 20z",
  leave: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.3.8 3.5 2.700 3.5 5.5",
  pause: "M8 5v14M16 5v14",
  play: "M7 4l13 8-13 8z",
  check: "M4 12l5 5L20 6",
  pencil: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  cross: "M5 5l14 14M19 5L5 19",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2",
  warning: "M12 3L2 20h20zM12 9v5M12 17v.5",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v6M12 7v.5",
  link: "M4 9a12 12 0 0 1 16 0M7 12.5a8 8 0 0 1 10 0M10 16a4 4 0 0 1 4 0M12 19.5v.2",
  linkLost: "M4 9a12 12 0 0 1 16 0M7 12.5a8 8 0 0 1 10 0M12 19.5v.2M3 3l18 18",
  back: "M14 5l-7 7 7 7",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L21 21",
  key: "M8 12a4 4 0 1 0 0 .1M12 12h9v4M17 12v3",
  table: "M3 5h18v14H3zM3 10h18M3 15h18M10 5v14",
  chart: "M4 4v16h16M7 15l4-5 3 3 5-7",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  take: "M12 4v11M7 10l5 5 5-5M5 20h14",
  steady: "M5 12h14",
  control: "M12 4v16M5 8l7-4 7 4M5 8l-2.5 6h5zM19 8l-2.5 6h5z",
  keyboard: "M3 6h18v12H3zM7 10h.1M11 10h.1M15 10h.1M18 10h.1M8 14h8",
} as const;

export type Icon = keyof typeof PATHS;

/** Hidden from readers aloud: the word beside it says the same. */
export function icon(name: Icon, className = "icon"): SVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: className, "aria-hidden": "true", focusable: "false", "data-icon": name },
    svg("path", {
      d: PATHS[name],
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 2,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}

const OF_KIND: Record<string, Icon> = { POLL: "poll", CHAT_PROMPT: "chat", NUDGE: "nudge", QNA_PROMOTE: "question" };

export function kindIcon(kind: string): Icon {
  return OF_KIND[kind] ?? "info";
}

/** An icon that can change. */
export function setIcon(holder: Element, name: Icon): void {
  if (holder.getAttribute("data-shown") === name) return;
  holder.setAttribute("data-shown", name);
  holder.replaceChildren(icon(name));
}
