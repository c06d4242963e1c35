/** How far what is on the screen can be trusted to be of now. */

export interface LinkFacts {
  /** Of the connection: not yet open, open, or lost. */
  connection: "connecting" | "open" | "lost";
  /** Since when it is lost, in real time. */
  lostForMs: number;
  /** Real time since anything came. */
  silentForMs: number;
  /** Server time since the newest score; null when there is none to grow old. */
  scoreAgeMs: number | null;
  /** How fast the server's time runs. */
  speed: number;
  hasEnded: boolean;
}

export type LinkState =
  | { kind: "connecting" | "live" | "ended" }
  | { kind: "reconnecting" | "stale"; seconds: number };

const SILENT_MS_MAX = 20_000;
const SCORE_AGE_MS_MAX = 15_000;
/** What the way from there to here may take, in real time: it counts where the server's time runs faster. */
const WAY_MS_MAX = 1_500;

export function linkState(facts: LinkFacts): LinkState {
  if (facts.connection === "connecting") return { kind: "connecting" };
  if (facts.connection === "lost") return { kind: "reconnecting", seconds: whole(facts.lostForMs) };
  if (facts.silentForMs > SILENT_MS_MAX) return { kind: "stale", seconds: whole(facts.silentForMs) };
  if (facts.hasEnded) return { kind: "ended" };
  const scoreAgeMax = SCORE_AGE_MS_MAX + WAY_MS_MAX * Math.max(0, facts.speed - 1);
  if (facts.scoreAgeMs !== null && facts.scoreAgeMs > scoreAgeMax) {
    return { kind: "stale", seconds: whole(facts.scoreAgeMs) };
  }
  return { kind: "live" };
}

/** Whether what is shown may be old: it is greyed. */
export function isOld(state: LinkState): boolean {
  return state.kind === "stale" || state.kind === "reconnecting";
}

export function linkWords(state: LinkState): string {
  switch (state.kind) {
    case "connecting": return "connecting…";
    case "live": return "live";
    case "ended": return "ended";
    case "reconnecting": return `reconnecting ${state.seconds} s`;
    case "stale": return `stale ${state.seconds} s`;
  }
}

function whole(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}
