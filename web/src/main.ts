/** The dashboard: takes the token from the address, then shows the page that the address names. */

import "./style/index.css";
import { h } from "./dom/h";
import * as keys from "./dom/keys";
import { takeFromAddress } from "./net/token";
import { OpsPage } from "./ops/page";
import { Identity } from "./page/identity";
import type { Page } from "./page/page";
import { type Route, routeOf } from "./page/route";
import { Shell } from "./page/shell";
import { SessionPage } from "./session/page";
import { SessionsPage } from "./sessions/page";

takeFromAddress();
const identity = new Identity();
const shell = new Shell(identity);
let page: Page | null = null;
let shown = "";

function show(moveFocus: boolean): void {
  shown = location.pathname;
  const route = routeOf(shown);
  page?.close();
  page = open(route);
  keys.bind(page.bindings);
  shell.show(route.page, page.element);
  if (moveFocus) shell.main.focus({ preventScroll: true });
}

function open(route: Route): Page {
  switch (route.page) {
    case "sessions": return new SessionsPage();
    case "session": return new SessionPage(route.session, identity);
    case "ops": return new OpsPage();
    case "unknown": return notFound();
  }
}

function notFound(): Page {
  document.title = "Not found · Conductor";
  const element = h("div", { class: "empty" },
    h("h1", {}, "There is no such page"),
    h("p", {}, h("a", { href: "/" }, "All sessions")));
  return { element, bindings: [], close: () => undefined };
}

// Links of this page are followed without loading it again; every address works on its own all the same.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.origin !== location.origin || link.target !== "" || link.hash !== "" || link.hasAttribute("download")) return;
  event.preventDefault();
  if (link.pathname === location.pathname && link.search === location.search) return;
  history.pushState(null, "", link.href);
  show(true);
});
addEventListener("popstate", () => {
  if (location.pathname !== shown) show(true);
});
// A link with a token, pasted into the address bar of an open tab, changes the hash alone.
addEventListener("hashchange", () => {
  takeFromAddress();
  void identity.ask();
});

keys.listen();
void identity.ask();
show(false);
