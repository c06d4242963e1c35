/** A canvas knows no custom properties: it is told the colours, and told again when they change. */
export interface Colours {
  line: string;
  fill: string;
  baseline: string;
  threshold: string;
  grid: string;
  text: string;
  warning: string;
  critical: string;
  warningText: string;
  criticalText: string;
  cursor: string;
}

export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    line: of("--chart-line"),
    fill: of("--chart-fill"),
    baseline: of("--chart-baseline"),
    threshold: of("--chart-threshold"),
    grid: of("--chart-grid"),
    text: of("--text-muted"),
    warning: of("--alarm-shade"),
    critical: of("--critical-shade"),
    warningText: of("--fair"),
    criticalText: of("--low"),
    cursor: of("--text-muted"),
  };
}

export function onColoursChange(listener: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
