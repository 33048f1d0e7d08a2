/** The gateway token: seeded from the environment or made once, read anew for every check. */

import { scopes as allScopes } from "@moltworker/protocol/scopes";
import type { Seeds } from "../env.ts";
import type { Log } from "../platform/log.ts";
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
}

export function createGatewayToken(secrets: Secrets): GatewayToken {
  const version = () => secrets.version(gatewayTokenName);
  const idOf = (tokenVersion: number) => `token:${tokenVersion}`;
  return {
    version,
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

/** Takes over the token of the environment, or makes one; without a token nobody could ever type one. */
export function seedGatewayToken(secrets: Secrets, seeds: Seeds, log: Log): void {
  const seeded = seeds.MOLTBOT_GATEWAY_TOKEN ?? seeds.OPENCLAW_GATEWAY_TOKEN ?? seeds.CLAWDBOT_GATEWAY_TOKEN;
  if (seeded) {
    try {
      secrets.seed(gatewayTokenName, seeded);
    } catch (error) {
      log.warn("auth.gateway-token-refused", { error });
    }
  }
  if (secrets.get(gatewayTokenName) === undefined) secrets.set(gatewayTokenName, randomSecret(), "made");
}
