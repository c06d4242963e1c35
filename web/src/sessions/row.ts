/** One session in the list: a link with what one needs to choose. */

import type { Band, Session } from "../contract/wire";
import { h, name, replaceChildren, setAttribute, setHidden, setText } from "../dom/h";
import { setIcon } from "../dom/icons";
import { bandOf } from "../model/band";
import { sessionAddress } from "../page/route";
import * as format from "../text/format";
import * as words from "../text/words";
import { SummaryDisclosure } from "./summary";

export class SessionRow {
  private readonly score = h("span", { class: "row-score" });
  private readonly fill = h("span", { class: "bar-fill" });
  private readonly bandSign = h("span", { class: "sign" });
  private readonly bandWord = h("span", {});
  private readonly title = h("bdi", { class: "row-title" });
  private readonly about = h("span", { class: "muted row-about" });
  private readonly people = h("span", { class: "row-people" });
  private readonly alarm = h("span", { class: "chip alarm", hidden: true });
  private readonly open = h("span", { class: "chip proposal", hidden: true });
  private readonly state = h("span", { class: "row-mode" });
  private readonly link = h(
    "a",
    { class: "session-row", "data-testid": "session-row" },
    h("span", { class: "row-number" }, this.score, h("span", { class: "bar", "aria-hidden": "true" }, this.fill)),
    h("span", { class: "band" }, this.bandSign, this.bandWord),
    h("span", { class: "row-name" }, this.title, this.about),
    this.people,
    h("span", { class: "row-chips" }, this.alarm, this.open),
    this.state,
  );
  readonly element = h("li", {}, this.link);
  private saidAbout = "";
  private disclosure: SummaryDisclosure | null = null;

  update(session: Session, nowMs: number): void {
    const score = session.score?.score ?? null;
    const band: Band | null = session.score?.band ?? (score === null ? null : bandOf(score));
    setAttribute(this.link, "href", sessionAddress(session.session));
    setAttribute(this.link, "data-session", session.session);
    setAttribute(this.link, "data-band", band ?? "unknown");
    this.showSummary(session);
    setText(this.score, format.score(score));
    this.fill.style.width = `${100 * Math.min(1, Math.max(0, score ?? 0))}%`;
    setIcon(this.bandSign, band ?? "unknown");
    setText(this.bandWord, band === null ? (session.is_warming_up ? "Warming up" : "No score") : words.BANDS[band]);
    setText(this.title, session.title ?? session.session);
    this.showAbout(session, nowMs);
    setText(this.people, session.people === null ? "" : format.count(session.people, "person", "people"));
    this.showAlarm(session);
    setHidden(this.open, session.open_proposals === 0 || session.ended_ms !== null);
    setText(this.open, format.count(session.open_proposals, "proposal", "proposals"));
    setText(this.state, session.ended_ms !== null ? "" : session.paused ? "Paused" : words.MODES[session.mode] ?? session.mode);
    setAttribute(this.state, "data-paused", session.paused);
  }

  /** Of what is over, a summary can be opened below it. */
  private showSummary(session: Session): void {
    if ((session.ended_ms === null) === (this.disclosure === null)) return;
    this.disclosure?.element.remove();
    this.disclosure = session.ended_ms === null ? null : new SummaryDisclosure(session.session, session.title ?? session.session);
    if (this.disclosure !== null) this.element.append(this.disclosure.element);
  }

  private showAbout(session: Session, nowMs: number): void {
    const time = session.ended_ms === null
      ? session.started_ms === null ? "not started" : `running ${format.span(nowMs - session.started_ms)}`
      : endedWords(session, session.ended_ms);
    const parts = [session.type === null ? null : words.sessionType(session.type), session.phase === null || session.ended_ms !== null ? null : words.phase(session.phase), time];
    const text = parts.filter((part) => part !== null).join(" · ");
    const said = `${session.speaker ?? ""}|${text}`;
    if (this.saidAbout === said) return;
    this.saidAbout = said;
    replaceChildren(this.about, session.speaker === null ? null : name(session.speaker), session.speaker === null ? "" : " · ", text);
  }

  private showAlarm(session: Session): void {
    const anomaly = session.score?.anomaly;
    const isAlarm = anomaly !== undefined && anomaly !== null && anomaly.level !== "none" && session.ended_ms === null;
    setHidden(this.alarm, !isAlarm);
    if (!isAlarm) return;
    setAttribute(this.alarm, "data-level", anomaly.level);
    const what = words.capital(words.anomalyClass(anomaly.class ?? "alarm"));
    setText(this.alarm, anomaly.level === "critical" ? `Critical: ${what.toLowerCase()}` : what);
  }
}

function endedWords(session: Session, endedMs: number): string {
  const lasted = session.started_ms === null ? "" : `lasted ${format.span(endedMs - session.started_ms)}, `;
  return `${lasted}ended ${format.dateAndTime(endedMs)}`;
}
