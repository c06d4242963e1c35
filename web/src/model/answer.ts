/** What became of a request to act. */
export type Answer =
  /** It lies on the topic. What comes of it, the stream says. */
  | { kind: "recorded" }
  /** No answer yet: it is tried again. */
  | { kind: "again"; tries: number; detail: string }
  /** The server has answered that it will not. */
  | { kind: "refused"; status: number; detail: string }
  /** Given up for now; the same request may be sent again. */
  | { kind: "unreachable"; detail: string };
