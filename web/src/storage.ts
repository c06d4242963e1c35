/** What this browser keeps for us. Where it keeps nothing (private windows, blocked storage), this tab remembers. */
export interface Storage {
  get: (key: string) => string | null;
  set: (key: string, value: string) => void;
  remove: (key: string) => void;
}

export function storage(kind: "localStorage" | "sessionStorage"): Storage {
  const remembered = new Map<string, string>();
  const attempt = <T>(task: (kept: globalThis.Storage) => T, otherwise: T): T => {
    try {
      return task(globalThis[kind]);
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => remembered.get(key) ?? attempt((kept) => kept.getItem(key), null),
    set: (key, value) => {
      remembered.set(key, value);
      attempt((kept) => kept.setItem(key, value), undefined);
    },
    remove: (key) => {
      remembered.delete(key);
      attempt((kept) => kept.removeItem(key), undefined);
    },
  };
}
