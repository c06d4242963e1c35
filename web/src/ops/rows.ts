/** What an operator reads, as rows of the tables. */

import type { DeadLetter, Instance, OpsCommand, Setting, Task } from "../contract/ops";
import { h, name } from "../dom/h";
import { outcomeWords } from "../session/feed/outcome";
import { sessionAddress } from "../page/route";
import * as format from "../text/format";
import * as words from "../text/words";
import type { Cells } from "./table";

export function taskRows(instances: readonly Instance[], now: number): Cells[] {
  return instances.flatMap((instance) => instance.tasks.map((task) => taskRow(instance, task, now)));
}

function taskRow(instance: Instance, task: Task, now: number): Cells {
  const state = task.blocked === null && task.state === "running" ? "good" : "bad";
  return {
    testid: "task-row",
    state,
    cells: [
      task.task,
      host(instance.url),
      task.role,
      h("span", { class: "chip", "data-state": state }, task.state),
      format.thousands(task.lag),
      ago(task.stream_time_ms, now),
      ago(task.committed_at_ms, now),
      stores(task),
      task.blocked ?? "",
    ],
  };
}

/** What its stores hold back, and where they come from. */
export function stores(of: Task): string {
  const parts = [
    of.restore === null ? null : `${format.thousands(of.restore[0])} of ${format.thousands(of.restore[1])} left to restore`,
    of.restored > 0 && of.restore === null ? `restored from ${format.count(of.restored, "record", "records")}` : null,
    of.rebuilt,
    of.uncommitted_bytes > 0 ? `${format.bytes(of.uncommitted_bytes)} not committed` : null,
  ].filter((part) => part !== null);
  return parts.join("; ");
}

/** What was set, by whom; what nobody has set is left out unless all is wanted. */
export function settingRows(settings: readonly Setting[], all: boolean): Cells[] {
  const shown = settings.filter((one) => all || one.origin.layer !== "default");
  return shown.map((one) => ({ testid: "setting-row", cells: [h("code", {}, one.key), h("bdi", {}, valueText(one.value)), h("bdi", {}, origin(one))] }));
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function origin({ origin: { layer, path, line, name: said } }: Setting): string {
  if (layer === "file") return `${path ?? "a file"}${line === undefined ? "" : `, line ${line}`}`;
  return said ?? layer;
}

export function commandRows(commands: readonly OpsCommand[], now: number): Cells[] {
  return commands.map(({ session, intervention }) => ({
    testid: "command-row",
    state: intervention.status === "failed" ? "bad" : "plain",
    cells: [
      h("span", { title: intervention.command }, `${format.age(now - intervention.at_ms)} ago`),
      h("a", { href: sessionAddress(session) }, name(session)),
      words.kind(intervention.kind),
      h("bdi", {}, intervention.what),
      h("bdi", {}, words.statusAndWho(intervention)),
      intervention.feedback === null ? "–" : String(intervention.feedback.attempts),
      latency(intervention.at_ms, intervention.decided_at_ms),
      latency(intervention.decided_at_ms ?? intervention.at_ms, intervention.feedback?.at_ms ?? null),
      intervention.feedback?.provider ?? "–",
      h("bdi", {}, intervention.feedback?.error ?? outcomeWords(intervention) ?? ""),
    ],
  }));
}

/** Those in which every word of the search occurs. */
export function filtered(letters: readonly DeadLetter[], search: string): DeadLetter[] {
  const wanted = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return letters.filter((letter) => {
    const text = `${place(letter)} ${letter.key ?? ""} ${letter.cause} ${letter.value ?? ""}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** Where a record lies, as `conductor dlq show` takes it. */
export function place(letter: DeadLetter): string {
  return `${letter.topic}/${letter.partition}/${letter.offset}`;
}

export function ago(atMs: number | null, now: number): string {
  return atMs === null ? "–" : `${format.age(now - atMs)} ago`;
}

function latency(fromMs: number, toMs: number | null): string {
  return toMs === null ? "–" : toMs - fromMs < 60_000 ? `${((toMs - fromMs) / 1_000).toFixed(1)} s` : format.span(toMs - fromMs);
}

export function host(url: string): string {
  return url.replace(/^https?:\/\//, "");
}
