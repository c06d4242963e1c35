/** One session: `/s/{session}`. Puts the parts together; each part only shows what it is told. */

import { monotonicMs } from "../clock";
import { h, setAttribute, setHidden } from "../dom/h";
import type { Binding } from "../dom/keys";
import { soon } from "../dom/soon";
import { newestProposal } from "../model/feed";
import { isOld } from "../model/link";
import { notices } from "../model/notices";
import { type Identity, READ_ONLY } from "../page/identity";
import type { Page } from "../page/page";
import { openTokenDialog } from "../page/token_dialog";
import { clean } from "../text/clean";
import * as format from "../text/format";
import { Actions } from "./actions";
import { ChartPanel } from "./chart/panel";
import { FeedPanel } from "./feed/panel";
import { NoticeBar } from "./notice_bar";
import { PhoneBar } from "./phone_bar";
import { ScorePanel } from "./score_panel";
import { SessionStore } from "./store";
import { TopBar } from "./top_bar";
import type { View } from "./view";

export class SessionPage implements Page {
  readonly element: HTMLElement;
  readonly bindings: readonly Binding[];
  private readonly rendering = soon(() => this.render());
  private readonly ticking = setInterval(() => this.render(), 1_000);
  private readonly stopListening: () => void;
  private readonly store: SessionStore;
  private readonly askForToken = (): void => openTokenDialog(this.identity);
  private readonly actions = new Actions(() => this.look(), this.askForToken);
  private readonly topBar: TopBar;
  private readonly noticeBar = new NoticeBar(this.askForToken);
  private readonly score = new ScorePanel();
  private readonly chart: ChartPanel;
  private readonly feed = new FeedPanel(this.actions);
  private readonly phone = new PhoneBar(this.actions);
  private readonly waiting = h("p", { class: "empty", role: "status" }, "Waiting for the first look at this session…");
  private readonly body: HTMLElement;
  /** Whether the score has scrolled away. */
  private readonly scrolling: IntersectionObserver;

  constructor(session: string, private readonly identity: Identity) {
    document.title = `${clean(session)} · Conductor`;
    this.store = new SessionStore(session, () => this.rendering.ask());
    this.topBar = new TopBar(session, this.askForToken);
    this.chart = new ChartPanel(session, () => this.rendering.ask(), (command) => this.feed.reveal(command));
    this.body = h("div", { class: "session-body", hidden: true },
      h("div", { class: "session-left" }, this.score.element, this.chart.element),
      this.feed.element);
    this.element = h("div", { class: "session" },
      this.topBar.element, this.noticeBar.element, this.waiting, this.body, this.phone.element);
    this.scrolling = new IntersectionObserver(([seen]) => setAttribute(this.element, "data-scrolled", seen?.isIntersecting === false), { rootMargin: "-56px 0px 0px" });
    this.scrolling.observe(this.score.element);
    this.stopListening = identity.onChange(() => this.rendering.ask());
    this.bindings = this.keys();
  }

  close(): void {
    this.store.close();
    this.chart.close();
    this.scrolling.disconnect();
    this.rendering.stop();
    this.stopListening();
    clearInterval(this.ticking);
  }

  private look(): View | null {
    const { model } = this.store;
    const now = this.store.clock.now();
    if (model === null || now === null) return null;
    return { model, store: this.store, now, at: monotonicMs(), link: this.store.link(), canAct: this.identity.me.can_act };
  }

  private render(): void {
    const view = this.look();
    setHidden(this.waiting, view !== null);
    setHidden(this.body, view === null);
    if (view === null) {
      this.topBar.updateLink(this.store.link());
      return;
    }
    setAttribute(this.element, "data-old", isOld(view.link));
    const readOnly = this.identity.isKnown && !view.canAct ? (this.identity.hasToken ? `The server does not take your token. ${READ_ONLY}` : READ_ONLY) : null;
    this.topBar.update(view);
    this.noticeBar.update(notices(view.model, view.link, view.now, this.store.clock.speed, readOnly));
    this.score.update(view);
    this.chart.update(view);
    this.feed.update(view);
    this.phone.update(view, newestProposal(view.model.interventions, view.now));
    this.showTitle(view);
  }

  /** In a row of tabs, the title says whether this one needs a look. */
  private showTitle(view: View): void {
    const { session, interventions } = view.model;
    const open = newestProposal(interventions, view.now) === null ? "" : "● ";
    const score = session.score?.score ?? null;
    const title = `${open}${score === null ? "" : `${format.score(score)} · `}${clean(session.title ?? session.session, 60)} · Conductor`;
    if (document.title !== title) document.title = title;
  }

  private keys(): Binding[] {
    const onTarget = (act: (command: string) => void) => (): void => {
      const target = this.feed.target();
      if (target === null) return;
      this.feed.reveal(target.command);
      act(target.command);
    };
    return [
      { key: "A", label: "Approve the focused card, else the newest proposal", run: onTarget((command) => this.actions.approve(command)) },
      { key: "E", label: "Edit its text, then approve", run: onTarget((command) => this.actions.edit(command)) },
      { key: "D", label: "Decline it, with a reason", run: onTarget((command) => this.actions.decline(command)) },
      { key: "J", label: "Next card down", run: () => this.feed.move(1) },
      { key: "K", label: "Next card up", run: () => this.feed.move(-1) },
      { key: "P", label: "Pause or resume everything in this session", run: () => this.topBar.pause.press() },
      { key: "ArrowLeft", label: "Earlier intervention on the chart", run: () => this.chart.moveMarker(-1) },
      { key: "ArrowRight", label: "Later intervention on the chart", run: () => this.chart.moveMarker(1) },
    ];
  }
}
