/** The operators' first look: what runs, whether it is ready, whether what it depends on is well, and how much flows. */

import type { Instance, Ops, TopicRate } from "../contract/ops";
import { h, replaceChildren, setText } from "../dom/h";
import { icon, type Icon } from "../dom/icons";
import * as format from "../text/format";
import { host } from "./rows";

export class OpsHead {
  private readonly title = h("h1", {});
  private readonly version = h("span", { class: "muted" });
  private readonly state = h("span", { class: "link-state", "data-testid": "ops-state" });
  private readonly health = h("ul", { class: "health", "aria-label": "Health", "data-testid": "health" });
  private readonly instances = h("ul", { class: "health", "aria-label": "Instances", "data-testid": "instances" });
  private readonly topics = h("ul", { class: "topics", "data-testid": "topics", "aria-labelledby": "topics-title" });
  readonly element = h("div", { class: "ops-head" },
    h("header", { class: "ops-title" }, this.title, this.version, this.state),
    h("div", { class: "ops-cards" },
      h("section", { class: "panel", "aria-labelledby": "health-title" }, h("h2", { id: "health-title" }, "Health"), this.health),
      h("section", { class: "panel", "aria-labelledby": "instances-title" }, h("h2", { id: "instances-title" }, "Instances"), this.instances),
      h("section", { class: "panel", "aria-labelledby": "topics-title" }, h("h2", { id: "topics-title" }, "Topics"), this.topics)));

  update(ops: Ops): void {
    setText(this.title, ops.application_id);
    setText(this.version, `version ${ops.version}`);
    const executor = { here: ["good", "here"], away: ["bad", "away: nothing is carried out"], unknown: ["plain", "not known"] }[ops.executor.state];
    replaceChildren(this.health,
      ...ops.health.map((one) => sign(one.ok ? "good" : "bad", one.what, one.detail ?? (one.ok ? "well" : "not well"))),
      sign(executor[0]!, "Executor", executor[1]!));
    replaceChildren(this.instances, ...(ops.instances.length === 0
      ? [sign("plain", "None is named", "dashboard.stream_urls says where they are")]
      : ops.instances.map(instance)));
    const most = Math.max(1e-9, ...ops.topics.map((topic) => topic.records_per_s ?? 0));
    replaceChildren(this.topics, ...ops.topics.map((one) => topic(one, most)));
  }

  say(state: "live" | "stale" | "connecting", text: string): void {
    this.state.dataset["state"] = state;
    setText(this.state, text);
  }
}

function instance(of: Instance): HTMLElement {
  const tasks = format.count(of.tasks.length, "task", "tasks");
  const troubles = of.troubles.map(({ thread, replaced, error }) => `; thread ${thread} was replaced ${replaced === 1 ? "once" : `${replaced} times`}: ${error ?? "no reason given"}`);
  const state = of.ready ? `ready, ${tasks}` : `not ready: ${of.reasons.join("; ") || "no reason given"}`;
  return sign(of.ready ? "good" : "bad", host(of.url), `${state}${troubles.join("")}`);
}

function sign(state: string, what: string, detail: string): HTMLElement {
  const face: Icon = state === "good" ? "check" : state === "bad" ? "warning" : "info";
  return h("li", { "data-state": state }, h("span", { class: "sign" }, icon(face)), h("strong", {}, what), h("span", { class: "muted", dir: "auto" }, detail));
}

function topic(of: TopicRate, most: number): HTMLElement {
  const fill = h("span", { class: "bar-fill" });
  fill.style.width = `${100 * ((of.records_per_s ?? 0) / most)}%`;
  return h("li", {}, h("span", { class: "topic-name" }, of.topic), h("span", { class: "bar", "aria-hidden": "true" }, fill),
    h("span", { class: "topic-rate" }, `${format.rate(of.records_per_s)}/s`));
}
