/** What one rendering of the page is told: the state, and the time. */

import type { LinkState } from "../model/link";
import type { SessionModel } from "../model/session";
import type { SessionStore } from "./store";

export interface View {
  model: SessionModel;
  store: SessionStore;
  /** The server's time. */
  now: number;
  /** This browser's monotonic time. */
  at: number;
  link: LinkState;
  canAct: boolean;
}
