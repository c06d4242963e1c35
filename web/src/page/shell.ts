/** What stands around every page: the product's name, the ways, and who is here. */

import { h, name, replaceChildren, setAttribute } from "../dom/h";
import { icon } from "../dom/icons";
import { showKeys } from "../dom/keys";
import type { Identity } from "./identity";
import { openTokenDialog } from "./token_dialog";

export class Shell {
  readonly main = h("main", { id: "main", tabindex: "-1" });
  private readonly who = h("div", { class: "who" });
  private readonly ways: readonly (readonly [string, HTMLAnchorElement])[];

  constructor(private readonly identity: Identity) {
    this.ways = [
      ["sessions", h("a", { href: "/" }, "Sessions")],
      ["ops", h("a", { href: "/ops" }, "Operations")],
    ];
    const keys = h("button", { type: "button", class: "button quiet icon-only", "aria-label": "Keys", title: "Keys (?)" }, icon("keyboard"));
    keys.addEventListener("click", showKeys);
    document.body.append(
      h("a", { class: "skip", href: "#main" }, "Skip to the content"),
      h(
        "header",
        { class: "shell" },
        h("a", { class: "product", href: "/" }, logo(), h("span", {}, "Engagement Conductor")),
        h("nav", { "aria-label": "Pages" }, ...this.ways.map(([, link]) => link)),
        this.who,
        keys,
      ),
      this.main,
    );
    identity.onChange(() => this.showWho());
    this.showWho();
  }

  show(page: string, element: HTMLElement): void {
    for (const [way, link] of this.ways) setAttribute(link, "aria-current", way === page ? "page" : null);
    document.body.dataset["page"] = page;
    this.main.replaceChildren(element);
  }

  private showWho(): void {
    const { me } = this.identity;
    if (me.can_act) {
      const leave = h("button", { type: "button", class: "button quiet", title: "Forget the token: from then on, watch only" }, "Sign out");
      leave.addEventListener("click", () => void this.identity.leave());
      replaceChildren(this.who, h("span", { class: "muted who-as" }, "Acting as "), name(me.actor ?? "someone", "actor"), leave);
      return;
    }
    const act = h("button", { type: "button", class: "button quiet", "data-testid": "token" }, icon("key"), "Watching only");
    act.addEventListener("click", () => openTokenDialog(this.identity));
    replaceChildren(this.who, act);
  }
}

function logo(): SVGElement {
  const mark = icon("unknown", "logo");
  mark.querySelector("path")?.setAttribute("d", "M2 13h4l3-8 5 15 3-9h5");
  return mark;
}
