/** What a person can do with a card: by its buttons, by keys, by the bar of the phone. */

import type { Intervention } from "../contract/wire";
import { choices, type WhyNot } from "../model/feed";
import { isUnderWay } from "../model/sending";
import { openDeclineDialog } from "./decline_dialog";
import { openEditDialog } from "./edit_dialog";
import type { View } from "./view";

export class Actions {
  /** What was written and not yet taken, by command: it must not be lost when the server says no. */
  private readonly drafts = new Map<string, string>();

  constructor(private readonly look: () => View | null, private readonly askForToken: () => void) {}

  approve(command: string): void {
    this.with(command, "approve", (one, view) => view.store.decide(one, "approved", null, null));
  }

  edit(command: string): void {
    this.with(command, "approve", (one) => {
      const draft = this.drafts.get(command) ?? one.content ?? one.suggested ?? "";
      openEditDialog(one, draft, (text) => {
        this.drafts.set(command, text);
      }, (text) => {
        // It may have changed while the dialog was open: then the newest revision counts, and the server's word.
        this.with(command, "approve", (now, view) => view.store.decide(now, "edited", text, null));
      });
    });
  }

  decline(command: string): void {
    this.with(command, "decline", (one) => {
      openDeclineDialog(one, (reason) => {
        this.with(command, "decline", (now, view) => view.store.decide(now, "declined", null, reason));
      });
    });
  }

  again(command: string): void {
    this.look()?.store.decideAgain(command);
  }

  private with(command: string, what: "approve" | "decline", act: (one: Intervention, view: View) => void): void {
    const view = this.look();
    const one = view?.model.interventions.find((intervention) => intervention.command === command);
    if (view === null || one === undefined) return;
    const under = view.store.sendings.get(command);
    const whyNot: WhyNot | null = choices(one, view.now, view.model.executor, view.canAct, isUnderWay(under))[what];
    if (whyNot === null) act(one, view);
    else if (whyNot === "read_only") this.askForToken();
  }
}
