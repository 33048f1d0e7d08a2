/** The gateway token: seeded from the environment or made once, read anew for every check. */

import { MoltError } from "@moltworker/protocol/errors";
import { scopes as allScopes } from "@moltworker/protocol/scopes";
import { MAX_GATEWAY_TOKEN_BYTES } from "@moltworker/protocol/variables";
import type { Seeds } from "../env.ts";
import type { Log } from "../platform/log.ts";
import { certainKindOf, kindOfSecret } from "../secrets/secret-shape.ts";
import { gatewayTokenName, type Secrets } from "../secrets/secrets.ts";
import { digest, randomSecret, sameDigest } from "./digest.ts";
import type { Principal } from "./principal.ts";

/** The token as it stood when it was read. */
export interface TokenCheck {
  /** Synchronous, so that it fits into one judged attempt. False once the token has changed since. */
  matches(hash: string): boolean;
  /** Made here, not chosen by a person. */
  unguessable: boolean;
  version: number;
  principal: Principal;
}

export interface GatewayToken {
  read(): Promise<TokenCheck>;
  version(): number;
  /** True while this is still the principal of the present token. */
  isCurrent(principalId: string): boolean;
  /**
   * Replaces it, by a typed one (1 to 512 bytes, outer white space removed) or a new random one; the old one is dead at
   * once. Throws CONFIG_INVALID with the reason, and then nothing has changed.
   */
  rotate(typed?: string): Rotation;
  /** For the host alone, whose file must hold the token that works. */
  reveal(): string;
}

export interface Rotation {
  /** Only a token made here; a typed one is not said back. */
  token?: string;
  /** What the person should know, in sentences. */
  notes: string[];
}

/** Below this a token can be guessed by a patient stranger. */
const SHORT_TOKEN_BYTES = 12;

export function createGatewayToken(secrets: Secrets): GatewayToken {
  const version = () => secrets.version(gatewayTokenName);
  const idOf = (tokenVersion: number) => `token:${tokenVersion}`;
  return {
    version,
    rotate: (typed) => {
      const token = typed === undefined ? randomSecret() : checkedToken(typed);
      const same = secrets.get(gatewayTokenName) === token;
      secrets.set(gatewayTokenName, token, typed === undefined ? "made" : "typed");
      if (typed === undefined) return { token, notes: [] };
      return { notes: [...(same ? ["This is the token that was set before; nothing changed."] : []), ...notesOn(typed, token)] };
    },
    reveal: () => secrets.get(gatewayTokenName) ?? "",
    isCurrent: (principalId) => principalId === idOf(version()) && secrets.get(gatewayTokenName) !== undefined,
    read: async () => {
      const value = secrets.get(gatewayTokenName);
      const read = version();
      const expected = value === undefined ? undefined : await digest(value);
      return {
        version: read,
        matches: (hash) => expected !== undefined && sameDigest(hash, expected) && read === version(),
        unguessable: secrets.source(gatewayTokenName) === "made",
        principal: { kind: "owner", id: idOf(read), scopes: allScopes, via: "token" },
      };
    },
  };
}

function checkedToken(typed: string): string {
  const token = typed.trim();
  checkLength(token);
  const kind = certainKindOf(token);
  if (kind) throw tokenInvalid(`this looks like ${kind}, not like a gateway token`);
  return token;
}

function checkLength(token: string): void {
  const bytes = new TextEncoder().encode(token).length;
  if (bytes === 0) throw tokenInvalid("the token is empty");
  if (bytes > MAX_GATEWAY_TOKEN_BYTES)
    throw tokenInvalid(`the token has ${bytes} bytes; at most ${MAX_GATEWAY_TOKEN_BYTES} are possible`);
}

function notesOn(typed: string, token: string): string[] {
  const notes: string[] = [];
  if (typed !== token) notes.push("White space around the token was removed.");
  if (new TextEncoder().encode(token).length < SHORT_TOKEN_BYTES)
    notes.push("It is short: whoever can reach the assistant may guess it.");
  const kind = kindOfSecret(token);
  if (kind) notes.push(`It has the shape of ${kind}: make sure that it is not that one.`);
  return notes;
}

function tokenInvalid(message: string): MoltError {
  return new MoltError("CONFIG_INVALID", {
    message: `gateway token: ${message}`,
    hint: "Type another one, or leave the field empty to have one made. The old one still works.",
    details: { issues: [{ path: "gateway.token", message }] },
  });
}

/** Takes over the token of the environment, or makes one; without a token nobody could ever type one. */
export function seedGatewayToken(secrets: Secrets, seeds: Seeds, log: Log): void {
  const seeded = seeds.MOLTBOT_GATEWAY_TOKEN ?? seeds.OPENCLAW_GATEWAY_TOKEN ?? seeds.CLAWDBOT_GATEWAY_TOKEN;
  if (seeded) {
    try {
      checkLength(seeded.trim());
      secrets.seed(gatewayTokenName, seeded);
    } catch (error) {
      log.warn("auth.gateway-token-refused", { error });
    }
  }
  if (secrets.get(gatewayTokenName) === undefined) secrets.set(gatewayTokenName, randomSecret(), "made");
}
