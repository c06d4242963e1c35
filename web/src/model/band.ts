import type { Band } from "../contract/wire";

/** What a session "as usual" scores: the baseline of the chart. */
export const USUAL = 0.7;

/** Where the bands above "low" begin. */
export const THRESHOLDS: readonly { at: number; band: Band }[] = [
  { at: 0.4, band: "fair" },
  { at: 0.6, band: "usual" },
  { at: 0.8, band: "high" },
];

export function bandOf(score: number): Band {
  return THRESHOLDS.reduce<Band>((band, threshold) => (score >= threshold.at ? threshold.band : band), "low");
}
