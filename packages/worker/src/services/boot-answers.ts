/** What the object says while it has no services: cause and cure, to programs and to people, and on a socket. */

import { errorTable, errorToWire, moltErrorFrom } from "@moltworker/protocol/errors";
import { json } from "../edge/answers.ts";
import { problemPage } from "../edge/problem-page.ts";

export function answerWithoutServices(request: Request, thrown: unknown): Response {
  const error = moltErrorFrom(thrown);
  const isPage = request.method === "GET" && request.headers.get("accept")?.includes("text/html") === true;
  if (isPage) return problemPage({ title: "The assistant has not started", error });
  const headers: Record<string, string> = error.retryAfterMs
    ? { "retry-after": String(Math.ceil(error.retryAfterMs / 1_000)) }
    : {};
  return json({ ready: false, error: errorToWire(error) }, { status: 503, headers });
}

/** The client connects again by itself, and then hears why. */
export function closeWithoutServices(socket: WebSocket, thrown: unknown): undefined {
  const { code } = moltErrorFrom(thrown);
  try {
    socket.close(errorTable[code].close, code);
  } catch {
    // Closed already.
  }
  return undefined;
}
