/**
 * Signatures of webhooks, in and out: HMAC-SHA256 over the raw bytes, compared by the runtime in constant time. Three forms:
 * `standard` (Standard Webhooks: webhook-id, -timestamp, -signature), `github` (x-hub-signature-256, which has no time) and
 * `timestamped` (x-signature: t=…,v1=…, Stripe's form).
 */

import { MoltError } from "@moltworker/protocol/errors";
import { hexFromBytes } from "./sha256.ts";

export const signatureForms = ["standard", "github", "timestamped"] as const;
export type SignatureForm = (typeof signatureForms)[number];

/** A signed time may differ from ours by this much; what is older is a replay. */
const toleranceMs = 300_000;
const encoder = new TextEncoder();

export interface Signed {
  form: SignatureForm;
  secret: string;
  headers: Headers;
  body: Uint8Array;
  nowMs: number;
}

/**
 * What names this delivery, covered by the signature: seen twice, it is a replay or a retry. Throws SIGNATURE_INVALID when a
 * part is missing or wrong, SIGNATURE_STALE when its time is too far from ours.
 */
export async function verifySignature(signed: Signed): Promise<string> {
  if (signed.form === "standard") return verifyStandard(signed);
  return signed.form === "github" ? verifyGithub(signed) : verifyTimestamped(signed);
}

/** Headers of Standard Webhooks. `id` is the same for every attempt of one message. */
export async function signStandard(
  secret: string,
  message: { id: string; timestampMs: number; body: Uint8Array },
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(message.timestampMs / 1_000));
  const key = await hmacKey(standardSecret(secret), "sign");
  const mac = await crypto.subtle.sign("HMAC", key, join(`${message.id}.${timestamp}.`, message.body));
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`,
  };
}

async function verifyStandard({ secret, headers, body, nowMs }: Signed): Promise<string> {
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  checkTime(timestamp, nowMs);
  const given = header(headers, "webhook-signature")
    .split(" ")
    .flatMap((part) => (part.startsWith("v1,") ? [bytesFromBase64(part.slice(3))] : []));
  await checkAny(standardSecret(secret), join(`${id}.${timestamp}.`, body), given);
  return id.slice(0, 200);
}

async function verifyGithub({ secret, headers, body }: Signed): Promise<string> {
  const [given] = hexSignatures([header(headers, "x-hub-signature-256")], "sha256=");
  await checkAny(encoder.encode(secret), join("", body), given ? [given] : []);
  // Its delivery id is not signed, so only the signature itself tells a repeat.
  return hexFromBytes(given ?? new Uint8Array());
}

async function verifyTimestamped({ secret, headers, body, nowMs }: Signed): Promise<string> {
  const parts = (headers.get("stripe-signature") ?? header(headers, "x-signature")).split(",").map((part) => part.trim());
  const timestamp = parts.find((part) => part.startsWith("t="))?.slice(2) ?? "";
  checkTime(timestamp, nowMs);
  const given = hexSignatures(parts, "v1=");
  await checkAny(encoder.encode(secret), join(`${timestamp}.`, body), given);
  return `${timestamp}.${hexFromBytes(given[0] ?? new Uint8Array())}`;
}

async function checkAny(secret: Uint8Array, data: Uint8Array<ArrayBuffer>, given: Uint8Array<ArrayBuffer>[]): Promise<void> {
  const key = await hmacKey(secret, "verify");
  // More than a few are no rotation of keys but an attempt to make us work.
  for (const signature of given.slice(0, 5)) if (await crypto.subtle.verify("HMAC", key, signature, data)) return;
  throw new MoltError("SIGNATURE_INVALID");
}

function checkTime(timestamp: string, nowMs: number): void {
  if (!/^\d{9,12}$/.test(timestamp)) throw new MoltError("SIGNATURE_INVALID", { message: "the signature has no time" });
  const differenceMs = Math.abs(nowMs - Number(timestamp) * 1_000);
  if (differenceMs <= toleranceMs) return;
  throw new MoltError("SIGNATURE_STALE", { message: `the signature's time differs by ${Math.round(differenceMs / 1_000)} s` });
}

function header(headers: Headers, name: string): string {
  const value = headers.get(name)?.trim();
  if (value) return value;
  throw new MoltError("SIGNATURE_INVALID", { message: `the header ${name} is missing` });
}

function hexSignatures(parts: string[], prefix: string): Uint8Array<ArrayBuffer>[] {
  return parts.flatMap((part) => {
    const hex = part.startsWith(prefix) ? part.slice(prefix.length).toLowerCase() : "";
    return /^[0-9a-f]{64}$/.test(hex) ? [Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))] : [];
  });
}

/** Their secrets are base64 behind `whsec_`; any other text is taken as it is. */
function standardSecret(secret: string): Uint8Array {
  return secret.startsWith("whsec_") ? bytesFromBase64(secret.slice("whsec_".length)) : encoder.encode(secret);
}

function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function hmacKey(secret: Uint8Array, use: "sign" | "verify"): Promise<CryptoKey> {
  const bytes = secret.length > 0 ? secret : encoder.encode("no secret");
  return crypto.subtle.importKey("raw", bytes as Uint8Array<ArrayBuffer>, { name: "HMAC", hash: "SHA-256" }, false, [use]);
}

function join(text: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(text);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
