/** What lies under the line: shaded alarms, thresholds with the words of their bands, and the baseline. */

import type uPlot from "uplot";
import { THRESHOLDS, USUAL } from "../../model/band";
import type { Alarm } from "../../model/points";
import * as words from "../../text/words";
import type { Colours } from "./colours";

const FONT = "11px system-ui, sans-serif";

export function drawGround(plot: uPlot, alarms: readonly Alarm[], colours: Colours): void {
  const { ctx } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = FONT.replace("11px", `${11 * scale}px`);
  for (const alarm of alarms) shade(plot, alarm, colours, scale);
  lines(plot, colours, scale);
  ctx.restore();
}

function shade(plot: uPlot, alarm: Alarm, colours: Colours, scale: number): void {
  const { ctx, bbox } = plot;
  const left = Math.max(bbox.left, plot.valToPos(alarm.from_ms, "x", true));
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(alarm.to_ms, "x", true));
  if (right <= left) return;
  const isCritical = alarm.level === "critical";
  ctx.fillStyle = isCritical ? colours.critical : colours.warning;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  // A bar on top, double when critical: the shade alone would be colour alone.
  ctx.fillStyle = isCritical ? colours.criticalText : colours.warningText;
  ctx.fillRect(left, bbox.top, right - left, 3 * scale);
  if (isCritical) ctx.fillRect(left, bbox.top + 5 * scale, right - left, 2 * scale);
  const label = words.anomalyClass(alarm.class ?? "alarm");
  if (ctx.measureText(label).width + 12 * scale > right - left) return;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillText(label, left + 6 * scale, bbox.top + 10 * scale);
}

function lines(plot: uPlot, colours: Colours, scale: number): void {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  const across = (y: number): void => {
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
  };
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineWidth = scale;
  ctx.strokeStyle = colours.threshold;
  ctx.setLineDash([2 * scale, 3 * scale]);
  for (const { at } of THRESHOLDS) across(plot.valToPos(100 * at, "y", true));
  ctx.strokeStyle = colours.baseline;
  ctx.lineWidth = 1.5 * scale;
  ctx.setLineDash([6 * scale, 4 * scale]);
  across(plot.valToPos(100 * USUAL, "y", true));
  ctx.setLineDash([]);
  ctx.fillStyle = colours.text;
  const bounds = [0, ...THRESHOLDS.map(({ at }) => at), 1];
  [words.BANDS.low, ...THRESHOLDS.map(({ band }) => words.BANDS[band])].forEach((word, i) => {
    const middle = 50 * (bounds[i]! + bounds[i + 1]!);
    ctx.fillText(word, right + 8 * scale, plot.valToPos(middle, "y", true));
  });
}
