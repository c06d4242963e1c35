/** What an address shows. */
export type Route =
  | { page: "sessions" }
  | { page: "session"; session: string }
  | { page: "ops" }
  | { page: "unknown"; path: string };

export function routeOf(path: string): Route {
  if (path === "/") return { page: "sessions" };
  if (path === "/ops" || path === "/ops/") return { page: "ops" };
  const session = /^\/s\/([^/]+)\/?$/.exec(path)?.[1];
  const decoded = session === undefined ? null : decode(session);
  return decoded === null ? { page: "unknown", path } : { page: "session", session: decoded };
}

export function sessionAddress(session: string): string {
  return `/s/${encodeURIComponent(session)}`;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
