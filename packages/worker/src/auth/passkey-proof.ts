/**
 * What a passkey signs, verified by @simplewebauthn/server: challenge, page, host name, presence and identity of the person,
 * counter, signature. No attestation is asked for: any make of authenticator will do. The library is loaded with the first
 * passkey; most assistants never see one.
 */

import type { MoltError } from "@moltworker/protocol/errors";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import * as z from "zod";
import { base64UrlFromBytes, bytesFromBase64Url } from "./digest.ts";
import type { PasskeyPlace } from "./passkey-place.ts";
import { type PasskeyFault, passkeyInvalid } from "./passkey-refusals.ts";

/** COSE: EdDSA, ES256, RS256. */
export const ALGORITHMS = [-8, -7, -257];

const text = z.string().max(20_000);
const id = z.string().min(1).max(1_400);
const frame = { id, rawId: id, type: z.literal("public-key") };

/** What browsers send; keys that are new to us are let through. */
export const registrationSchema = z.looseObject({
  ...frame,
  response: z.looseObject({
    clientDataJSON: text,
    attestationObject: text,
    transports: z.array(z.string().max(40)).max(10).optional(),
  }),
});
export const assertionSchema = z.looseObject({
  ...frame,
  response: z.looseObject({
    clientDataJSON: text,
    authenticatorData: text,
    signature: text,
    userHandle: z.string().max(200).nullish(),
  }),
});
export type Registration = z.infer<typeof registrationSchema>;
export type Assertion = z.infer<typeof assertionSchema>;

export interface NewCredential {
  credentialId: string;
  /** Base64url of the COSE key. */
  publicKey: string;
  counter: number;
  /** Kept by a service that syncs it, so that a lost device does not lose it. */
  backedUp: boolean;
}

export interface StoredCredential {
  credentialId: string;
  publicKey: string;
  counter: number;
}

/** The challenge that the browser says it answered. Throws PASSKEY_INVALID. */
export function challengeIn(clientDataJSON: string): string {
  try {
    const bytes = bytesFromBase64Url(clientDataJSON);
    const { challenge } = JSON.parse(new TextDecoder().decode(bytes)) as { challenge?: unknown };
    if (typeof challenge === "string" && challenge !== "") return challenge;
  } catch {
    // Said below.
  }
  throw passkeyInvalid("malformed");
}

/** Throws PASSKEY_INVALID. */
export async function verifiedRegistration(answer: Registration, place: PasskeyPlace, challenge: string): Promise<NewCredential> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { ...answer, clientExtensionResults: {} } as unknown as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: place.rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(translated);
  if (!verified) throw passkeyInvalid("signature");
  const { credential, credentialBackedUp } = registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: base64UrlFromBytes(credential.publicKey),
    counter: credential.counter,
    backedUp: credentialBackedUp,
  };
}

/** The counter it shows now. Throws PASSKEY_INVALID. */
export async function verifiedAssertion(
  answer: Assertion,
  place: PasskeyPlace,
  challenge: string,
  stored: StoredCredential,
): Promise<{ counter: number; backedUp: boolean }> {
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: { ...answer, clientExtensionResults: {} } as unknown as AuthenticationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: place.rpId,
    credential: {
      id: stored.credentialId,
      publicKey: bytesFromBase64Url(stored.publicKey) as Uint8Array<ArrayBuffer>,
      counter: stored.counter,
    },
    requireUserVerification: true,
  }).catch(translated);
  if (!verified) throw passkeyInvalid("signature");
  return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp };
}

const faults: readonly (readonly [RegExp, PasskeyFault])[] = [
  [/challenge/i, "challenge"],
  [/RP ID/i, "host"],
  [/origin/i, "origin"],
  [/counter/i, "counter"],
  [/user (verification|not present|presence)/i, "user-verification"],
];

/** The library says what is wrong in words that may repeat what was sent; ours do not. */
function translated(thrown: unknown): never {
  const message = thrown instanceof Error ? thrown.message : "";
  throw passkeyInvalid(faults.find(([pattern]) => pattern.test(message))?.[1] ?? "signature") satisfies MoltError;
}
