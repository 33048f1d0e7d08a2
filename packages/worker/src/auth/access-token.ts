/**
 * The proof of Cloudflare Access: a JWT in a header or cookie. What can be seen without a key is judged first, so that
 * nonsense costs nothing; then the signature by the team's own keys, then what the token says.
 */

import type { JSONWebKeySet, JWTPayload } from "jose";
import type { Clock } from "../platform/clock.ts";
import type { AccessKeys } from "./access-keys.ts";
import { type AccessFault, accessInvalid } from "./access-refusals.ts";
import type { AccessTeam } from "./access-team.ts";
import { cookieValues } from "./cookie.ts";
import { bytesFromBase64Url, digest } from "./digest.ts";

const ALGORITHMS = ["RS256", "ES256"];
const MAX_TOKEN_LENGTH = 16_384;
const MAX_COOKIES = 4;
const SKEW_SECONDS = 60;

/** What a verified token says of its holder. Times in epoch milliseconds. */
export interface AccessClaims {
  /** Names this one token: another sign-in of the same person has another. */
  tokenId: string;
  /** E-mail address, or the name of a service token. */
  name: string;
  audience: string[];
  issuedAt: number;
  expiresAt: number;
}

export interface AccessExpectation {
  team: AccessTeam;
  audience: readonly string[];
}

/** The tokens of a request. The header is Access's own and outranks cookies, which a browser may keep too long. Throws ACCESS_JWT_INVALID. */
export function accessTokens(request: Request): string[] {
  const header = request.headers.get("cf-access-jwt-assertion")?.trim();
  if (header?.includes(",")) throw accessInvalid("several");
  if (header) return [header];
  const cookies = new Set(cookieValues(request, "CF_Authorization"));
  return [...cookies].filter((text) => text !== "").slice(0, MAX_COOKIES);
}

/** Throws ACCESS_JWT_INVALID with its reason, UNAVAILABLE when the team's keys cannot be had. */
export async function verifyAccessToken(
  token: string,
  expected: AccessExpectation,
  keys: AccessKeys,
  clock: Clock,
): Promise<AccessClaims> {
  const [header, payload, signature, ...rest] = token.split(".").map((part, index) => (index < 2 ? jsonOf(part) : part));
  const shaped = isRecord(header) && isRecord(payload) && typeof signature === "string" && rest.length === 0;
  if (!shaped || token.length > MAX_TOKEN_LENGTH) throw accessInvalid("malformed");
  if (typeof header.alg !== "string" || !ALGORITHMS.includes(header.alg)) throw accessInvalid("algorithm");
  if (payload.iss !== expected.team.issuer) throw accessInvalid("issuer");
  if (typeof header.kid !== "string" || header.kid === "") throw accessInvalid("unknown-key");
  const set = await keys.having(expected.team, header.kid);
  const verifiedPayload = await verified(token, set as JSONWebKeySet, expected, clock);
  // What was signed names the token: a signature can be written in more than one way, and a sign-out must not be undone by that.
  return claimsOf(verifiedPayload, (await digest(token.slice(0, token.lastIndexOf(".")))).slice(0, 24));
}

/** jose is loaded with the first token: most assistants never see one. */
async function verified(token: string, set: JSONWebKeySet, expected: AccessExpectation, clock: Clock): Promise<JWTPayload> {
  const { createLocalJWKSet, errors, jwtVerify } = await import("jose");
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(set), {
      algorithms: ALGORITHMS,
      issuer: expected.team.issuer,
      audience: [...expected.audience],
      requiredClaims: ["exp", "iat"],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(clock.now()),
    });
    if ((payload.iat ?? 0) * 1_000 > clock.now() + SKEW_SECONDS * 1_000) throw accessInvalid("not-yet");
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw accessInvalid("expired");
    if (error instanceof errors.JWTClaimValidationFailed) throw accessInvalid(faultOfClaim[error.claim] ?? "malformed");
    if (error instanceof errors.JWSSignatureVerificationFailed) throw accessInvalid("signature");
    if (error instanceof errors.JWKSNoMatchingKey) throw accessInvalid("unknown-key");
    if (error instanceof errors.JOSEError) throw accessInvalid("malformed");
    throw error;
  }
}

const faultOfClaim: Record<string, AccessFault> = { aud: "audience", iss: "issuer", nbf: "not-yet" };

function claimsOf(payload: JWTPayload, tokenId: string): AccessClaims {
  const name = [payload.email, payload.common_name, payload.sub].find((text) => typeof text === "string" && text !== "");
  if (payload.exp === undefined || payload.iat === undefined || typeof name !== "string") throw accessInvalid("malformed");
  return {
    tokenId,
    name: name.trim().toLowerCase().slice(0, 254),
    audience: [payload.aud ?? []].flat(),
    issuedAt: payload.iat * 1_000,
    expiresAt: (payload.exp + SKEW_SECONDS) * 1_000,
  };
}

/** Faults that a wrong setting or a passed hour brings about: they are told as often as asked, and count as no guess. */
export const innocentFaults: ReadonlySet<unknown> = new Set<AccessFault>([
  ...(["no-team", "no-audience", "no-keys", "issuer"] as const),
  ...(["audience", "expired", "not-yet", "signed-out"] as const),
]);

function jsonOf(part: string): unknown {
  const bytes = bytesFromBase64Url(part);
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as unknown);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
