/** Which session this is, whether it runs, how the link is, and the two controls that must always be at hand: mode and pause. */

import type { Session } from "../contract/wire";
import { h, name, replaceChildren, setAttribute, setText } from "../dom/h";
import { icon } from "../dom/icons";
import { LinkBadge } from "../page/link_badge";
import * as format from "../text/format";
import * as words from "../text/words";
import { BudgetBar } from "./budget_bar";
import { ModeControl } from "./mode_control";
import { PauseControl } from "./pause_control";
import type { View } from "./view";

export class TopBar {
  private readonly title = h("h1", { class: "session-title", tabindex: "-1" });
  private readonly about = h("p", { class: "muted session-about" });
  private readonly live = h("span", { class: "live" });
  private readonly people = h("span", { class: "people" });
  /** On a phone, once the score has scrolled away. */
  private readonly miniNumber = h("strong", {});
  private readonly miniBand = h("span", {});
  private readonly mini = h("span", { class: "mini-score", "aria-hidden": "true" }, this.miniNumber, this.miniBand);
  private readonly link = new LinkBadge();
  private readonly budget = new BudgetBar();
  readonly mode: ModeControl;
  readonly pause: PauseControl;
  readonly element: HTMLElement;

  private saidTitle = "";

  constructor(session: string, askForToken: () => void) {
    this.mode = new ModeControl(askForToken);
    this.pause = new PauseControl(askForToken);
    replaceChildren(this.title, name(session));
    this.element = h(
      "section",
      { class: "top-bar", "aria-label": "Session" },
      h("div", { class: "top-name" },
        h("a", { class: "button quiet icon-only", href: "/", "aria-label": "All sessions", title: "All sessions" }, icon("back")),
        h("div", { class: "top-titles" }, this.title, this.about)),
      h("div", { class: "top-facts" }, this.live, this.people, this.mini, this.link.element),
      h("div", { class: "top-controls" }, this.budget.element, this.mode.element, this.pause.element),
    );
  }

  /** Before the first snapshot only the link has something to say. */
  updateLink(link: View["link"]): void {
    this.link.update(link);
  }

  update(view: View): void {
    const { session } = view.model;
    this.link.update(view.link);
    this.showTitle(session);
    this.showLive(session, view.now);
    this.showPeople(session);
    this.showMini(session);
    this.budget.update(session, view.now);
    this.mode.update(view);
    this.pause.update(view);
  }

  private showTitle(session: Session): void {
    const title = session.title ?? session.session;
    const parts = [session.type === null ? null : words.sessionType(session.type), session.phase === null ? null : words.phase(session.phase)];
    const said = JSON.stringify([title, session.speaker, ...parts]);
    if (this.saidTitle === said) return;
    this.saidTitle = said;
    replaceChildren(this.title, name(title));
    setAttribute(this.title, "title", title);
    const text = parts.filter((part) => part !== null).join(" · ");
    replaceChildren(this.about, text, session.speaker !== null && text !== "" ? " · " : "", session.speaker === null ? null : name(session.speaker));
  }

  private showLive(session: Session, now: number): void {
    const state = session.ended_ms !== null ? "ended" : session.started_ms === null ? "waiting" : "live";
    setAttribute(this.live, "data-state", state);
    const elapsed = session.started_ms === null ? "" : ` ${format.span((session.ended_ms ?? now) - session.started_ms)}`;
    setText(this.live, state === "live" ? `LIVE${elapsed}` : state === "ended" ? `ENDED${elapsed}` : "NOT STARTED");
  }

  private showPeople(session: Session): void {
    const said = `${session.people}/${session.people_peak}`;
    if (this.people.dataset["said"] === said) return;
    this.people.dataset["said"] = said;
    replaceChildren(
      this.people,
      icon("people"),
      h("span", {}, h("strong", {}, format.thousands(session.people)), " people",
        session.people_peak === null ? null : h("span", { class: "muted" }, ` / peak ${format.thousands(session.people_peak)}`)),
    );
  }

  private showMini(session: Session): void {
    const band = session.score?.band ?? null;
    setAttribute(this.mini, "data-band", band ?? "unknown");
    setText(this.miniNumber, format.score(session.score?.score));
    setText(this.miniBand, band === null ? "" : words.BANDS[band]);
  }
}
