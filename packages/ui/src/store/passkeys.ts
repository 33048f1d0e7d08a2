/** Passkeys in this browser: made under Admin, Access; used on the page that says no. The library comes with the first use. */

import { MoltError } from "@moltworker/protocol/errors";
import type { PasskeyRow } from "@moltworker/protocol/rows";
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { app } from "./app.ts";
import { startGateway } from "./gateway.ts";
import { post } from "./sign-in.ts";

/** The host name at which a passkey of this assistant works, when there is one; asked without a session. */
export async function passkeyHost(): Promise<string | undefined> {
  const answer = (await fetch("/api/auth/me").then((response) => response.json())) as { passkeyHost?: string };
  return answer.passkeyHost;
}

/** Asks the server first: it knows whether a passkey can be bound to this address. Throws MoltError. */
export async function registerPasskey(label: string): Promise<PasskeyRow> {
  const optionsJSON = await post<PublicKeyCredentialCreationOptionsJSON>("/api/auth/passkey/register/options", {});
  const { startRegistration } = await import("@simplewebauthn/browser");
  const answer = await startRegistration({ optionsJSON }).catch(translated);
  return post<PasskeyRow>("/api/auth/passkey/register", { label, answer });
}

/** Throws MoltError. */
export async function signInWithPasskey(): Promise<void> {
  const optionsJSON = await post<PublicKeyCredentialRequestOptionsJSON>("/api/auth/passkey/options", {});
  const { startAuthentication } = await import("@simplewebauthn/browser");
  const answer = await startAuthentication({ optionsJSON }).catch(translated);
  await post("/api/auth/passkey", { answer });
  app.update((state) => ({ ...state, signInError: null }));
  startGateway();
}

/** Opens the assistant at another of its addresses, signed in by a link of its own. */
export async function continueAt(address: string): Promise<void> {
  const { code } = await post<{ code: string }>("/api/host/link", {});
  location.assign(`${address}#${code}`);
}

/** What the browser says when it has no passkey to give: mostly that the person closed its dialog. */
function translated(cause: unknown): never {
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NotAllowedError" || name === "AbortError")
    throw new MoltError("ABORTED", {
      message: "the browser gave no passkey",
      hint: "Its dialog was closed, or ran out of time. Press the button to try again.",
      cause,
    });
  if (name === "InvalidStateError")
    throw new MoltError("PASSKEY_INVALID", {
      message: "this authenticator has a passkey for this assistant already",
      hint: "Use it to sign in, or choose another authenticator.",
      cause,
    });
  throw new MoltError("PASSKEY_UNAVAILABLE", {
    message: "this browser cannot use passkeys here",
    hint: "Try another browser, or sign in with a link.",
    cause,
  });
}
