/** Getting in: a one-time code from the address, or a gateway token typed once. Neither stays anywhere in the page. */

import { errorFromWire, MoltError } from "@moltworker/protocol/errors";
import { app } from "./app.ts";
import { startGateway } from "./gateway.ts";

/** Takes the one-time code out of the address, exchanges it, then connects. A used link does no harm where a session lives. */
export async function signInFromAddress(): Promise<void> {
  const code = oneTimeCode(location.hash);
  if (code) {
    history.replaceState(null, "", location.pathname + location.search);
    await post("/api/auth/link", { code }).catch((error: MoltError) => app.update((state) => ({ ...state, signInError: error })));
  }
  startGateway();
}

/** Signs in with what a person typed: a gateway token, or a whole one-time link. Throws MoltError. */
export async function signInWith(typed: string): Promise<void> {
  const text = typed.trim();
  const at = text.indexOf("/#");
  if (at >= 0) await post("/api/auth/link", { code: text.slice(at + 2) });
  else await post("/api/auth/token", { token: text });
  app.update((state) => ({ ...state, signInError: null }));
  startGateway();
}

/** Routes start with `#/`; anything else after `#` is a one-time code. */
export function oneTimeCode(hash: string): string | undefined {
  return hash.length > 8 && !hash.startsWith("#/") ? hash.slice(1) : undefined;
}

/** POSTs JSON to this server. Throws the MoltError of the answer, UNAVAILABLE when there is none. */
export async function post<Result = unknown>(path: string, body: unknown): Promise<Result> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch (cause) {
    throw new MoltError("UNAVAILABLE", {
      message: "the assistant cannot be reached from this browser",
      hint: "Check that it is running, then try again.",
      cause,
    });
  }
  if (response.ok) return (await response.json()) as Result;
  const answer = (await response.json().catch(() => undefined)) as { error?: unknown } | undefined;
  throw errorFromWire(answer?.error);
}
