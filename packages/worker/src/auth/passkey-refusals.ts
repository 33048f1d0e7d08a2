/** Why a passkey was not accepted, or cannot be had at an address: one sentence of cause and one of cure for each. */

import { MoltError } from "@moltworker/protocol/errors";

export type PasskeyFault =
  | "malformed"
  | "challenge"
  | "origin"
  | "host"
  | "unknown"
  | "user-verification"
  | "counter"
  | "signature"
  | "taken";

const LINK = "sign in with a fresh link (`npx moltworker link`)";
const AGAIN = "Press the button once more; the answer is good for five minutes and once.";

const sentences: Record<PasskeyFault, readonly [cause: string, cure: string]> = {
  malformed: ["what came is not a passkey's answer", "Reload the page, then try again."],
  challenge: ["the passkey's answer is too old or was used already", AGAIN],
  origin: ["the passkey answered for another address", "Open the assistant at the address where the passkey was made."],
  host: ["this passkey was made for another host name", "Open the assistant at the address where the passkey was made."],
  unknown: [
    "this passkey is not known here: it was removed, or belongs to another assistant",
    `Choose another passkey, or ${LINK}.`,
  ],
  "user-verification": [
    "the passkey did not check who holds it (PIN, fingerprint or face)",
    "Use one with a screen lock, or set a PIN for the security key.",
  ],
  counter: [
    "this passkey counts lower than before, as a copy of it would",
    `If you made no copy of it, remove it under Admin, Access; ${LINK} for that.`,
  ],
  signature: ["the passkey's proof does not hold", `Try again, or ${LINK}.`],
  taken: ["this passkey is registered already", "Use it to sign in, or remove it first."],
};

export function passkeyInvalid(fault: PasskeyFault): MoltError {
  const [message, hint] = sentences[fault];
  return new MoltError("PASSKEY_INVALID", { message, hint, details: { reason: fault } });
}

/** `address`: an IP address, to which no passkey can be bound. `insecure`: browsers offer passkeys over https and on localhost alone. */
export function passkeyUnavailable(reason: "address" | "insecure", url: URL): MoltError {
  const local = isLoopbackName(url.hostname) ? localhostUrl(url) : undefined;
  const cure = local
    ? `Open ${local} on this machine: a passkey made there works there.`
    : "Give the assistant a host name with https, name it in MOLTWORKER_ALLOWED_HOSTS, and open it there.";
  const cause =
    reason === "address"
      ? "a passkey is bound to a host name, and this page was opened at an IP address"
      : "browsers allow passkeys only over https and on localhost";
  return new MoltError("PASSKEY_UNAVAILABLE", {
    message: cause,
    hint: cure,
    details: { reason, ...(local ? { open: local } : {}) },
  });
}

export function isLoopbackName(hostname: string): boolean {
  return hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function localhostUrl(url: URL): string {
  return `${url.protocol}//localhost${url.port === "" ? "" : `:${url.port}`}/`;
}
