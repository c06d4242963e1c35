import type { Session } from "../contract/wire";

/** The sessions that fit a search, live ones and ended ones apart. The server's order, the most in need first, is kept. */
export function arranged(sessions: readonly Session[], search: string): { live: Session[]; ended: Session[] } {
  const words = search.toLocaleLowerCase().split(/\s+/).filter((word) => word !== "");
  const fitting = sessions.filter((session) => {
    const text = [session.session, session.title, session.speaker, session.type, session.phase]
      .filter((part) => part !== null)
      .join(" ")
      .toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
  return {
    live: fitting.filter((session) => session.ended_ms === null),
    ended: fitting.filter((session) => session.ended_ms !== null),
  };
}
