/** The notices, in a line of their own: they push the page down and never lie over a button. */

import { h, replaceChildren, setText } from "../dom/h";
import { icon } from "../dom/icons";
import { KeyedList } from "../dom/keyed";
import type { Notice } from "../model/notices";

export class NoticeBar {
  readonly element = h("div", { class: "notices", role: "region", "aria-label": "Notices", "aria-live": "polite", "aria-relevant": "additions" });
  private readonly list: KeyedList<Notice>;

  constructor(askForToken: () => void) {
    this.list = new KeyedList<Notice>(this.element, (notice) => notice.kind, (notice) => {
      const title = h("strong", {});
      const text = h("span", {});
      const element = h("div", { class: "notice", "data-tone": notice.tone, "data-notice": notice.kind, "data-testid": "notice" });
      replaceChildren(element, icon(notice.tone === "warning" ? "warning" : "info"), h("p", {}, title, " ", text));
      if (notice.kind === "read_only") {
        const paste = h("button", { type: "button", class: "button small" }, "Paste a token");
        paste.addEventListener("click", askForToken);
        element.append(paste);
      }
      return {
        element,
        update: (now) => {
          setText(title, now.title);
          setText(text, now.text);
        },
      };
    });
  }

  update(notices: readonly Notice[]): void {
    this.list.update(notices);
  }
}
