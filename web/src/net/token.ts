/** The token that lets a person act. The server prints it in a link; it lives as long as this tab. */

import { storage } from "../storage";

const KEY = "conductor-token";
const kept = storage("sessionStorage");

/** The token in the part of an address after `#`. */
export function tokenOf(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token")?.trim();
  return token === undefined || token === "" ? null : token;
}

/** What a person pastes: the token itself, or the whole link. */
export function tokenOfPasted(text: string): string | null {
  const pasted = text.trim();
  const hash = pasted.indexOf("#");
  if (hash >= 0) return tokenOf(pasted.slice(hash));
  return /^[\x21-\x7e]{1,500}$/.test(pasted) ? pasted.replace(/^token=/, "") : null;
}

/** Takes the token out of the address, so that it is neither seen nor bookmarked. */
export function takeFromAddress(): void {
  const token = tokenOf(location.hash);
  if (token === null) return;
  keep(token);
  history.replaceState(history.state, "", location.pathname + location.search);
}

export function keep(token: string): void {
  kept.set(KEY, token);
}

export function forget(): void {
  kept.remove(KEY);
}

export function current(): string | null {
  return kept.get(KEY);
}

export function authorization(): Record<string, string> {
  const token = current();
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}
