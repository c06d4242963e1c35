/** What a person must know before they trust the screen: the most important first, and never more than two at once. */

import type { LinkState } from "./link";
import { isEmpty, type SessionModel } from "./session";
import * as format from "../text/format";

export interface Notice {
  kind: "empty" | "warming" | "paused" | "away" | "replay" | "read_only" | "ended" | "link";
  tone: "info" | "warning";
  title: string;
  text: string;
}

const NOTICES_MAX = 2;

export function notices(model: SessionModel, link: LinkState, now: number, speed: number, readOnly: string | null): Notice[] {
  const { session, executor } = model;
  const all: (Notice | null)[] = [
    link.kind === "reconnecting" || link.kind === "stale" ? old(link) : null,
    session.paused && session.ended_ms === null
      ? notice("paused", "warning", "Paused", `${by(session.paused_by, session.paused_at_ms, now)}Nothing is proposed or sent until someone resumes.`)
      : null,
    executor.state === "away" && session.ended_ms === null
      ? notice("away", "warning", "The executor is away", "An approval could not be carried out now, so Approve is off. Start it with: conductor executor.")
      : null,
    isEmpty(model) ? empty(session.silent_topics) : null,
    !isEmpty(model) && session.is_warming_up && session.ended_ms === null
      ? notice("warming", "info", "Warming up", `The score is still learning what is usual here.${silent(session.silent_topics)}`)
      : null,
    session.ended_ms !== null
      ? notice("ended", "info", "This session has ended", `${format.dateAndTime(session.ended_ms)}. Late outcomes still come in.`)
      : null,
    readOnly !== null && session.ended_ms === null ? notice("read_only", "info", "Watching only", readOnly) : null,
    speed !== 1
      ? notice("replay", "info", `Time runs ${format.rate(speed)} times as fast`, "Ages and countdowns are in the session's time.")
      : null,
  ];
  return all.filter((one) => one !== null).slice(0, NOTICES_MAX);
}

function notice(kind: Notice["kind"], tone: Notice["tone"], title: string, text: string): Notice {
  return { kind, tone, title, text };
}

function old(link: LinkState): Notice {
  return link.kind === "reconnecting"
    ? notice("link", "warning", "The link is lost", "What you see may be old. It comes back by itself; nothing that you sent is lost.")
    : notice("link", "warning", "No new score", "What you see may be old. If this lasts, look at Operations: a stream task may be down.");
}

function empty(topics: readonly string[]): Notice {
  const which = topics.length === 0 ? "" : `Nothing has come on ${list(topics)}. `;
  return notice("empty", "info", "Nothing heard of this session yet",
    `${which}Check that the address names the right session and that the platform sends records with it as their key.`);
}

function silent(topics: readonly string[]): string {
  return topics.length === 0 ? "" : ` Silent so far: ${list(topics)}.`;
}

function list(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

function by(who: string | null, atMs: number | null, now: number): string {
  if (who === null) return "";
  return `By ${who}${atMs === null ? "" : ` ${format.age(now - atMs)} ago`}. `;
}
