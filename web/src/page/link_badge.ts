/** The state of the link: always in sight, in a word and a sign. */

import { monotonicMs } from "../clock";
import { h, setText } from "../dom/h";
import { setIcon } from "../dom/icons";
import { isOld, type LinkState, linkState, linkWords } from "../model/link";
import type { StreamState } from "../net/event_stream";

export class LinkBadge {
  private readonly sign = h("span", { class: "sign" });
  private readonly words = h("span", {});
  readonly element = h("span", { class: "link-state", "data-testid": "link-state" }, this.sign, this.words);

  update(state: LinkState): void {
    this.element.dataset["state"] = state.kind;
    setIcon(this.sign, isOld(state) ? "linkLost" : state.kind === "ended" ? "check" : "link");
    setText(this.words, linkWords(state));
  }
}

export function linkOf(stream: StreamState, scoreAgeMs: number | null, speed: number, hasEnded: boolean): LinkState {
  const now = monotonicMs();
  return linkState({
    connection: stream.connection,
    lostForMs: now - stream.lostAt,
    silentForMs: now - stream.lastEventAt,
    scoreAgeMs,
    speed,
    hasEnded,
  });
}
