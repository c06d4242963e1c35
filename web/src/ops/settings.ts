/** The dashboard's own settings in force, secrets left out. They are asked for when somebody wants to see them. */

import type { Setting } from "../contract/ops";
import { h, setHidden, setText } from "../dom/h";
import * as get from "../net/get";
import { settingRows } from "./rows";
import { OpsTable } from "./table";

export class Settings {
  private readonly button = h("button", { type: "button", class: "button small", "data-testid": "settings-show", on: { click: () => void this.show() } }, "Show");
  private readonly all = h("input", { type: "checkbox", id: "settings-all", on: { change: () => this.render() } });
  private readonly choice = h("label", { class: "check", for: "settings-all", hidden: true }, this.all, "Defaults, too");
  private readonly said = h("p", { class: "feed-empty", role: "status", hidden: true });
  private readonly table = new OpsTable("Settings of this dashboard", ["Key", "Value", "Set by"], "settings", "Press Show to ask for them; what nobody has set is left out.",
    h("div", { class: "settings-tools" }, this.choice, this.button));
  readonly element = h("div", { class: "ops-panel" }, this.table.element, this.said);
  private settings: readonly Setting[] = [];

  private async show(): Promise<void> {
    try {
      const found = await get.configuration();
      this.say(found === null ? "Only who may act sees the settings: open the link with the token." : found.length === 0 ? "A demo has no settings but its command line." : "");
      this.settings = found ?? [];
    } catch {
      this.say("The server does not answer: try again in a moment.");
    }
    setHidden(this.choice, this.settings.length === 0);
    this.render();
  }

  private render(): void {
    this.table.update(settingRows(this.settings, this.all.checked), this.settings.length);
  }

  private say(text: string): void {
    setText(this.said, text);
    setHidden(this.said, text === "");
  }
}
