/** All sessions: the most in need first. */

import { ServerClock } from "../clock";
import type { Session, Sessions } from "../contract/wire";
import { h, replaceChildren, setHidden, setText } from "../dom/h";
import { icon } from "../dom/icons";
import { KeyedList } from "../dom/keyed";
import type { Binding } from "../dom/keys";
import { soon } from "../dom/soon";
import { arranged } from "../model/sessions";
import { EventStream } from "../net/event_stream";
import type { Page } from "../page/page";
import { LinkBadge, linkOf } from "../page/link_badge";
import { SessionRow } from "./row";

export class SessionsPage implements Page {
  readonly element: HTMLElement;
  readonly bindings: readonly Binding[];
  private readonly clock = new ServerClock();
  private readonly stream: EventStream;
  private readonly rendering = soon(() => this.render());
  private readonly ticking = setInterval(() => this.render(), 1_000);
  private sessions: readonly Session[] | null = null;

  private readonly badge = new LinkBadge();
  private readonly search = h("input", { type: "search", id: "search", placeholder: "Title, speaker, id…", autocomplete: "off", spellcheck: "false", "data-testid": "search" });
  private readonly liveTitle = h("h2", {}, "Live");
  private readonly endedTitle = h("h2", {}, "Ended");
  private readonly liveList = h("ol", { class: "session-list", "aria-label": "Live sessions, the most in need first" });
  private readonly endedList = h("ol", { class: "session-list", "aria-label": "Ended sessions" });
  private readonly endedPart: HTMLElement;
  private readonly livePart: HTMLElement;
  private readonly empty = h("div", { class: "empty", hidden: true });
  private readonly live = this.listIn(this.liveList);
  private readonly ended = this.listIn(this.endedList);

  constructor() {
    document.title = "Sessions · Conductor";
    this.search.value = new URLSearchParams(location.search).get("q") ?? "";
    this.search.addEventListener("input", () => this.searched());
    this.livePart = h("section", { class: "session-part" }, this.liveTitle, this.liveList);
    this.endedPart = h("section", { class: "session-part ended", hidden: true }, this.endedTitle, this.endedList);
    this.element = h(
      "div",
      { class: "sessions" },
      h(
        "div",
        { class: "sessions-head" },
        h("h1", {}, "Sessions"),
        this.badge.element,
        h("div", { class: "search" }, icon("search"), h("label", { for: "search", class: "visually-hidden" }, "Search sessions"), this.search),
      ),
      this.empty,
      this.livePart,
      this.endedPart,
    );
    this.bindings = [{ key: "/", label: "Search", run: () => this.search.focus() }];
    this.stream = new EventStream(
      "/api/sessions/events",
      ["sessions", "heartbeat"],
      (name, data) => this.take(name, data),
      () => this.rendering.ask(),
    );
  }

  close(): void {
    this.stream.close();
    this.rendering.stop();
    clearInterval(this.ticking);
  }

  private listIn(list: HTMLElement): KeyedList<Session> {
    return new KeyedList<Session>(list, (session) => session.session, () => {
      const row = new SessionRow();
      return { element: row.element, update: (session) => row.update(session, this.clock.now() ?? 0) };
    });
  }

  private take(name: string, data: unknown): void {
    const event = data as Sessions;
    this.clock.anchor(event.now_ms, name === "sessions" ? event.speed : undefined);
    if (name === "sessions") this.sessions = event.sessions;
    this.rendering.ask();
  }

  private searched(): void {
    const q = this.search.value.trim();
    history.replaceState(history.state, "", q === "" ? location.pathname : `?${new URLSearchParams({ q })}`);
    this.render();
  }

  private render(): void {
    const link = linkOf(this.stream.state, null, this.clock.speed, false);
    this.badge.update(link);
    this.element.dataset["link"] = link.kind;
    if (this.sessions === null) {
      this.showEmpty("Waiting for the server…", "The list comes as soon as it answers.");
      return;
    }
    const { live, ended } = arranged(this.sessions, this.search.value);
    this.live.update(live);
    this.ended.update(ended);
    setText(this.liveTitle, `Live (${live.length})`);
    setText(this.endedTitle, `Ended (${ended.length})`);
    setHidden(this.livePart, live.length === 0);
    setHidden(this.endedPart, ended.length === 0);
    if (this.sessions.length === 0) {
      this.showEmpty("No session yet", "One appears as soon as people arrive or chat: send records to the topics presence, chat, reaction, poll or session. To see some now: make demo.");
    } else if (live.length + ended.length === 0) {
      this.showEmpty("No session fits this search", "Search for a title, a speaker, a type or an id; clear the search to see all.");
    } else if (live.length === 0) {
      this.showEmpty("Nothing is live now", "The next session appears here by itself.");
    } else {
      setHidden(this.empty, true);
    }
  }

  private showEmpty(title: string, next: string): void {
    if (this.empty.dataset["said"] !== title) {
      this.empty.dataset["said"] = title;
      replaceChildren(this.empty, h("h2", {}, title), h("p", {}, next));
    }
    setHidden(this.empty, false);
    setHidden(this.livePart, this.liveList.childElementCount === 0);
  }
}
