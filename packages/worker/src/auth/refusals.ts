/** The refusals of identity, in OpenClaw's own words where it has them: its clients and users search for these sentences. */

import { MoltError } from "@moltworker/protocol/errors";
import type { PairingReason, PairingRequest } from "@moltworker/protocol/rows";
import type { Scope } from "@moltworker/protocol/scopes";
import { kindOfSecret } from "../secrets/secret-shape.ts";
import { accessInvalid } from "./access-refusals.ts";
import type { Principal, Refusal } from "./principal.ts";

/** The client as far as its refusal text depends on it. */
export type Client = "cli" | "control-ui" | "other";

const advice: Record<Client, string> = {
  cli: "use this gateway's gateway.auth.token or pair the device",
  "control-ui": "open the dashboard URL and paste the token in Control UI settings",
  other: "provide gateway auth token",
};

export function tokenMissing(client: Client): MoltError {
  return new MoltError("AUTH_TOKEN_MISSING", {
    message: `unauthorized: gateway token missing (${advice[client]})`,
    details: { authReason: "token_missing", canRetryWithDeviceToken: false, recommendedNextStep: "update_auth_configuration" },
  });
}

export function tokenMismatch(client: Client, presented: string, canRetryWithDeviceToken = false): MoltError {
  const kind = kindOfSecret(presented);
  return new MoltError("AUTH_TOKEN_MISMATCH", {
    message: `unauthorized: gateway token mismatch (${advice[client]})`,
    hint: kind
      ? `That looks like ${kind}. The gateway token is another one: it is in the data folder's \`gateway-token\` file, or run \`npx moltworker link\`.`
      : undefined,
    details: {
      authReason: "token_mismatch",
      canRetryWithDeviceToken,
      recommendedNextStep: canRetryWithDeviceToken ? "retry_with_device_token" : "update_auth_credentials",
    },
  });
}

export function deviceTokenMismatch(): MoltError {
  return new MoltError("AUTH_TOKEN_MISMATCH", {
    message: "unauthorized: device token mismatch (rotate/reissue device token)",
    hint: "Connect once with the gateway token to pair this device again.",
    details: {
      authReason: "device_token_mismatch",
      canRetryWithDeviceToken: false,
      recommendedNextStep: "update_auth_credentials",
    },
  });
}

const pairingSentences: Record<PairingReason, string> = {
  "not-paired": "device is not approved yet",
  "metadata-upgrade": "device identity changed and must be re-approved",
  "role-upgrade": "device is asking for a higher role than currently approved",
  "scope-upgrade": "device is asking for more scopes than currently approved",
};

/** Carries the request and its code: the device shows both. `approved`: what it may do now, when it is paired. */
export function devicePairingRequired(request: PairingRequest, approved: readonly Scope[] | undefined): MoltError {
  return new MoltError("DEVICE_NOT_PAIRED", {
    message: `pairing required: ${pairingSentences[request.reason]} (requestId: ${request.requestId})`,
    hint: `Approve the device with the code ${request.code} under Admin, Access; then connect again.`,
    details: {
      reason: request.reason,
      requestId: request.requestId,
      pairingCode: request.code,
      expiresAtMs: request.expiresAtMs,
      remediationHint: `Approve this device from the pending pairing requests: its code is ${request.code}.`,
      deviceId: request.deviceId,
      requestedRole: request.role,
      requestedScopes: request.scopes,
      ...(approved ? { approvedRoles: ["operator"], approvedScopes: [...approved] } : {}),
      retryable: false,
      pauseReconnect: true,
    },
  });
}

/** A paired device that wants to be more than an operator: there is nothing that could be approved. */
export function deviceRoleRefused(device: { id: string; scopes: readonly Scope[] }, role: string): MoltError {
  return new MoltError("DEVICE_NOT_PAIRED", {
    message: `pairing required: ${pairingSentences["role-upgrade"]}`,
    hint: "This assistant knows operators alone: connect with the role `operator`.",
    details: {
      reason: "role-upgrade",
      deviceId: device.id,
      requestedRole: role.slice(0, 60),
      approvedRoles: ["operator"],
      approvedScopes: [...device.scopes],
      remediationHint: "Connect with the role operator.",
      recommendedNextStep: "review_auth_configuration",
      retryable: false,
      pauseReconnect: true,
    },
  });
}

export function devicePairingRejected(deviceId: string, reason: PairingReason, retryAfterMs: number): MoltError {
  return new MoltError("DEVICE_NOT_PAIRED", {
    message: `pairing required: ${pairingSentences[reason]}`,
    hint: `The owner rejected this device. It may ask again in ${Math.ceil(retryAfterMs / 60_000)} min.`,
    details: {
      reason,
      deviceId,
      remediationHint: "The owner rejected this device.",
      retryable: false,
      pauseReconnect: true,
    },
    retryAfterMs,
  });
}

/** `reason` is OpenClaw's sentence, such as `device nonce mismatch`. */
export function deviceProofInvalid(reason: string): MoltError {
  return new MoltError("DEVICE_SIGNATURE_INVALID", {
    message: reason,
    details: {
      authReason: reason.replaceAll(" ", "_"),
      canRetryWithDeviceToken: false,
      recommendedNextStep: "review_auth_configuration",
    },
  });
}

/** Nobody, and why: keeps what the client must be told. */
export function anonymousWith(error: MoltError): Principal {
  const refusal: Refusal = { code: error.code, message: error.message, hint: error.hint, details: error.details };
  if (error.retryAfterMs !== undefined) refusal.retryAfterMs = error.retryAfterMs;
  return { kind: "anonymous", id: "anonymous", scopes: [], via: "none", refusal };
}

/** The error for an anonymous caller who must be someone. */
export function refusalOf(principal: Principal, client: Client = "other"): MoltError {
  const refusal = principal.kind === "anonymous" ? principal.refusal : undefined;
  return refusal ? new MoltError(refusal.code, refusal) : tokenMissing(client);
}

/** The error for somebody whose grant stood once and does not any more; through Access they sign in elsewhere than with a link. */
export function grantEnded(principal: Principal): MoltError {
  return principal.via === "access" ? accessInvalid("ended") : new MoltError("AUTH_EXPIRED");
}
