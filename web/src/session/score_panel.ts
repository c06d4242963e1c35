/** How the session does: one number, the word for it, what it rests on, and the four signals below it. */

import type { Band } from "../contract/wire";
import { h, setAttribute, setHidden, setText } from "../dom/h";
import { setIcon } from "../dom/icons";
import { Announcer } from "../model/announcer";
import { bandOf } from "../model/band";
import { reading, SIGNALS } from "../model/signals";
import * as format from "../text/format";
import * as words from "../text/words";
import { SignalTile } from "./signal_tile";
import type { View } from "./view";

const SIGNALS_IN_A_SCORE = 4;
const ANNOUNCE_EVERY_MS = 15_000;

export class ScorePanel {
  private readonly number = h("span", { class: "score-number", "data-testid": "score" });
  private readonly of = h("span", { class: "score-of", "aria-hidden": "true" }, "/ 100");
  private readonly bandSign = h("span", { class: "sign" });
  private readonly bandWord = h("span", {});
  private readonly band = h("span", { class: "band big", "data-testid": "band" }, this.bandSign, this.bandWord);
  private readonly fill = h("span", { class: "bar-fill" });
  private readonly change = h("span", { class: "score-change" });
  private readonly rests = h("p", { class: "score-rests muted" });
  private readonly sentence = h("p", { class: "score-sentence" });
  private readonly alarm = h("p", { class: "score-alarm", hidden: true });
  private readonly aloud = h("p", { class: "visually-hidden", role: "status" });
  private readonly announcer = new Announcer(ANNOUNCE_EVERY_MS);
  private readonly tiles = SIGNALS.map((signal) => new SignalTile(signal));
  readonly element = h(
    "section",
    { class: "panel score-panel", "aria-labelledby": "score-title" },
    h("h2", { id: "score-title", class: "visually-hidden" }, "Score"),
    h("div", { class: "score-main" },
      h("div", { class: "score-figure" }, this.number, this.of),
      h("div", { class: "score-words" },
        h("div", { class: "score-line" }, this.band, this.change),
        h("div", { class: "bar thick banded", "aria-hidden": "true" }, this.fill),
        this.rests),
      h("div", { class: "score-says" }, this.sentence, this.alarm)),
    h("ul", { class: "tiles", "aria-label": "Signals" }, ...this.tiles.map((tile) => tile.element)),
    this.aloud,
  );

  update(view: View): void {
    const { session, points } = view.model;
    const score = session.score?.score ?? null;
    const band: Band | null = session.score?.band ?? (score === null ? null : bandOf(score));
    setAttribute(this.element, "data-band", band ?? "unknown");
    setText(this.number, format.score(score));
    setHidden(this.of, score === null);
    setIcon(this.bandSign, band ?? "unknown");
    setText(this.bandWord, band === null ? (session.is_warming_up ? "Warming up" : "No score yet") : words.BANDS[band]);
    setAttribute(this.band, "data-band", band ?? "unknown");
    this.fill.style.width = `${100 * Math.min(1, Math.max(0, score ?? 0))}%`;
    this.showChange(session.score?.change_5min ?? null);
    this.showRests(view);
    setText(this.sentence, session.score?.sentence ?? (score === null ? nothing(session.is_warming_up) : ""));
    this.showAlarm(view);
    this.tiles.forEach((tile, i) => tile.update(reading(SIGNALS[i]!, points, session.score?.terms ?? null)));
    this.announce(view, score, band);
  }

  private showChange(change: number | null): void {
    setHidden(this.change, change === null);
    if (change === null) return;
    const whole = format.points(change);
    setAttribute(this.change, "data-direction", whole > 0 ? "up" : whole < 0 ? "down" : "steady");
    setText(this.change, whole === 0 ? "No change in 5 min" : `${format.signedPoints(change)} in 5 min`);
  }

  private showRests(view: View): void {
    const score = view.model.session.score;
    const people = score?.people ?? view.model.session.people;
    const rests = score === null
      ? "Rests on nothing yet"
      : `${format.count(people ?? 0, "person", "people")}, ${score.signals_known} of ${SIGNALS_IN_A_SCORE} signals`;
    const age = score === null ? "" : view.model.session.ended_ms === null ? ` · ${format.age(view.now - score.at_ms)} old` : " · final";
    setText(this.rests, rests + age);
  }

  private showAlarm(view: View): void {
    const { session } = view.model;
    const anomaly = session.score?.anomaly ?? null;
    const isAlarm = anomaly !== null && anomaly.level !== "none" && session.ended_ms === null;
    setHidden(this.alarm, !isAlarm);
    if (!isAlarm) return;
    setAttribute(this.alarm, "data-level", anomaly.level);
    const level = anomaly.level === "critical" ? "Critical alarm" : "Alarm";
    const what = anomaly.class === null ? "" : `: ${words.anomalyClass(anomaly.class)}`;
    setText(this.alarm, `${level}${what}. ${anomaly.reason ?? ""}`);
  }

  private announce(view: View, score: number | null, band: Band | null): void {
    if (score === null || band === null) return;
    const alarm = this.alarm.hidden ? "" : ` ${this.alarm.textContent}`;
    const said = this.announcer.next(`Score ${format.score(score)}, ${words.BANDS[band].toLowerCase()}.${alarm}`, view.at);
    if (said !== null) setText(this.aloud, said);
  }
}

function nothing(isWarmingUp: boolean): string {
  return isWarmingUp
    ? "Too little is known for a score yet: it shows itself after a minute or two of people and messages."
    : "The first score comes a few seconds after the first people or messages.";
}
