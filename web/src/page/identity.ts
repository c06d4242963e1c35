/** Who is here, and whether they can act. */

import type { Me } from "../contract/wire";
import * as get from "../net/get";
import * as token from "../net/token";

export const READ_ONLY =
  "You can watch. To act, open the link with the token that the server printed, or ask whoever runs it.";

export class Identity {
  me: Me = { actor: null, can_act: false };
  /** Whether the server has answered who this is. */
  isKnown = false;
  private readonly listeners = new Set<() => void>();

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks the server; asks again later when it does not answer. */
  async ask(): Promise<void> {
    try {
      this.me = await get.me();
      this.isKnown = true;
    } catch {
      setTimeout(() => void this.ask(), 5_000);
    }
    for (const listener of this.listeners) listener();
  }

  /** Whether a pasted token is one that the server takes; then it is kept. */
  async tryToken(pasted: string): Promise<boolean> {
    const found = token.tokenOfPasted(pasted);
    if (found === null) return false;
    const before = token.current();
    token.keep(found);
    await this.ask();
    if (this.me.can_act) return true;
    if (before === null) token.forget();
    else token.keep(before);
    await this.ask();
    return false;
  }

  async leave(): Promise<void> {
    token.forget();
    await this.ask();
  }

  get hasToken(): boolean {
    return token.current() !== null;
  }
}
