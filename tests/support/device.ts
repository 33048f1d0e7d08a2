/** Devices that sign like OpenClaw's clients. */

import type { ConnectParams } from "../../packages/protocol/src/frames.ts";
import { base64UrlFromBytes } from "../../packages/worker/src/auth/digest.ts";
import { hexFromBytes } from "../../packages/worker/src/platform/sha256.ts";

export interface TestDevice {
  id: string;
  publicKey: string;
  /** `connect` parameters with a proof; `change` alters them before signing, `tamper` after. */
  connect(options: ConnectOptions): Promise<ConnectParams>;
}

export interface ConnectOptions {
  nonce: string;
  signedAt: number;
  auth?: ConnectParams["auth"];
  scopes?: string[];
  version?: "v2" | "v3";
  role?: string;
  client?: Partial<ConnectParams["client"]>;
}

export async function createTestDevice(): Promise<TestDevice> {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const id = hexFromBytes(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)));
  const publicKey = base64UrlFromBytes(raw);
  return {
    id,
    publicKey,
    connect: async ({
      nonce,
      signedAt,
      auth,
      scopes = ["operator.read", "operator.write"],
      version = "v3",
      role = "operator",
      client = {},
    }) => {
      const params = connectParams({ ...(auth ? { auth } : {}), scopes, role }, client);
      const token = auth?.token ?? auth?.deviceToken ?? "";
      const facts = [params.client.platform, params.client.deviceFamily].map((text) => (text ?? "").trim().toLowerCase());
      const common = [version, id, params.client.id, params.client.mode, role, scopes.join(","), String(signedAt), token, nonce];
      const text = [...common, ...(version === "v3" ? facts : [])].join("|");
      const signature = new Uint8Array(
        await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, new TextEncoder().encode(text)),
      );
      return { ...params, device: { id, publicKey, signature: base64UrlFromBytes(signature), signedAt, nonce } };
    },
  };
}

export function connectParams(over: Partial<ConnectParams> = {}, client: Partial<ConnectParams["client"]> = {}): ConnectParams {
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "cli", version: "1.0.0", platform: "Linux", mode: "cli", ...client },
    ...over,
  };
}
