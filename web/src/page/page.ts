import type { Binding } from "../dom/keys";

/** One screen. */
export interface Page {
  element: HTMLElement;
  bindings: readonly Binding[];
  /** Ends its streams and timers. */
  close: () => void;
}
