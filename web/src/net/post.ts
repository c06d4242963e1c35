/** Acting: one request with one key, tried again with the same key until the server has answered for good. */

import type { Problem } from "../contract/wire";
import type { Answer } from "../model/answer";

export interface Request {
  path: string;
  body: unknown;
  revision: number;
  key: string;
  authorization: Record<string, string>;
}

/** What sending needs of the world; tests bring their own. */
export interface World {
  fetch: (path: string, init: RequestInit) => Promise<Response>;
  sleep: (ms: number) => Promise<void>;
}

const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000];
const PATIENCE_MS = 10_000;

const BROWSER: World = {
  fetch: (path, init) => fetch(path, init),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
};

/** Sends it; `onAgain` hears of each further try. Never throws. */
export async function send(request: Request, onAgain: (answer: Answer) => void, world: World = BROWSER): Promise<Answer> {
  for (let tried = 0; ; tried++) {
    const answer = await sendOnce(request, world);
    if (answer.kind !== "unreachable") return answer;
    const wait = WAITS_MS[tried];
    if (wait === undefined) return { kind: "unreachable", detail: `Not sent. ${answer.detail}` };
    onAgain({ kind: "again", tries: tried + 2, detail: answer.detail });
    await world.sleep(wait);
  }
}

async function sendOnce(request: Request, world: World): Promise<Answer> {
  const response = await world
    .fetch(request.path, {
      method: "POST",
      headers: {
        ...request.authorization,
        "Content-Type": "application/json",
        "Idempotency-Key": request.key,
        "If-Match": `"${request.revision}"`,
      },
      body: JSON.stringify(request.body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    .catch(() => null);
  if (response === null) return { kind: "unreachable", detail: "The server does not answer." };
  if (response.ok) return { kind: "recorded" };
  const problem = await problemOf(response);
  // Gateways in between say 502 and 504 for what the server says 503 for.
  if ([502, 503, 504].includes(response.status)) {
    return { kind: "unreachable", detail: problem.detail ?? "Kafka does not answer." };
  }
  return { kind: "refused", status: response.status, detail: detailOf(response.status, problem) };
}

async function problemOf(response: Response): Promise<Problem> {
  const problem: unknown = await response.json().catch(() => null);
  return typeof problem === "object" && problem !== null ? problem : {};
}

/** The sentence that helps; where the server knows more than we do, its own. */
export function detailOf(status: number, problem: Problem): string {
  switch (status) {
    case 401: return "The token is missing or wrong: open the link that the server printed, or ask whoever runs it.";
    case 403: return problem.detail ?? "Refused: this page was not served by the same server.";
    case 404: return problem.detail ?? "The server knows no such session or command.";
    case 409: return problem.detail ?? decided(problem);
    case 410: return problem.detail ?? "It has expired.";
    case 412:
    case 428: return "It has changed meanwhile: look again.";
    default: return problem.detail ?? problem.title ?? `The server answered ${status}.`;
  }
}

function decided(problem: Problem): string {
  return problem.decided_by === undefined ? "It is decided already." : `${problem.decided_by} has decided it already.`;
}
