/** Lets something be said aloud at most once in a span, and only when it is news. */
export class Announcer {
  private said: { text: string; at: number } | null = null;

  constructor(private readonly spanMs: number) {}

  /** The text to say now, or null. */
  next(text: string, at: number): string | null {
    if (this.said !== null && (this.said.text === text || at - this.said.at < this.spanMs)) return null;
    this.said = { text, at };
    return text;
  }
}
