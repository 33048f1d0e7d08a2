/**
 * Proof that a device holds its key, as OpenClaw's clients give it: Ed25519 over a string that binds the challenge's
 * nonce, the client, what it asks for and the token it presents. A proof is good for one socket.
 */

import type { ConnectParams } from "@moltworker/protocol/frames";
import { sha256Hex } from "../platform/sha256.ts";
import { bytesFromBase64Url } from "./digest.ts";

const MAX_SKEW_MS = 120_000;

/** Undefined when the proof holds, else OpenClaw's sentence for what is wrong. */
export async function deviceProofFault(params: ConnectParams, nonce: string, nowMs: number): Promise<string | undefined> {
  const { device } = params;
  if (!device) return "device identity required";
  const publicKey = bytesFromBase64Url(device.publicKey);
  if (publicKey?.length !== 32) return "device public key invalid";
  if ((await sha256Hex(publicKey)) !== device.id.toLowerCase()) return "device identity mismatch";
  if (!device.nonce) return "device nonce required";
  if (device.nonce !== nonce) return "device nonce mismatch";
  if (!(Math.abs(nowMs - device.signedAt) <= MAX_SKEW_MS)) return "device signature expired";
  const signature = bytesFromBase64Url(device.signature);
  if (signature?.length !== 64) return "device signature invalid";
  const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]).catch(() => undefined);
  if (!key) return "device public key invalid";
  for (const text of signedTexts(params, device)) {
    if (await crypto.subtle.verify({ name: "Ed25519" }, key, signature, new TextEncoder().encode(text))) return undefined;
  }
  return "device signature invalid";
}

/** The strings a client may have signed: version 3, then version 2. The password is never part of them. */
function signedTexts(params: ConnectParams, device: NonNullable<ConnectParams["device"]>): string[] {
  const { client, auth } = params;
  const token = auth?.token ?? auth?.deviceToken ?? "";
  const common = [
    device.id,
    client.id,
    client.mode,
    params.role ?? "operator",
    (params.scopes ?? []).join(","),
    String(device.signedAt),
    token,
    device.nonce,
  ];
  const facts = [client.platform, client.deviceFamily].map((text) => (text ?? "").trim().toLowerCase());
  return [["v3", ...common, ...facts].join("|"), ["v2", ...common].join("|")];
}
