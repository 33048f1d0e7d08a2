/** Who an HTTP request is: on `/api/` and `/v1/` a bearer, else its session cookie, else Cloudflare Access. Each failed attempt counts before its kind matters. */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import { scopes as allScopes } from "@moltworker/protocol/scopes";
import type { Access } from "./access.ts";
import { addressOf } from "./address.ts";
import type { ApiTokens } from "./api-tokens.ts";
import type { Attempts, Origin } from "./attempts.ts";
import { type Audit, auditName } from "./audit.ts";
import type { SessionCookie } from "./cookie.ts";
import type { Devices } from "./devices.ts";
import { digest, sameDigest } from "./digest.ts";
import type { GatewayToken } from "./gateway-token.ts";
import { type AccessPrincipal, anonymous, type Principal } from "./principal.ts";
import { anonymousWith, tokenMismatch } from "./refusals.ts";
import { sessionEnded, type WebSessions } from "./web-sessions.ts";

interface IdentifyDeps {
  access: Access;
  audit: Audit;
  apiTokens: ApiTokens;
  attempts: Attempts;
  cookie: SessionCookie;
  devices: Devices;
  sessions: WebSessions;
  gatewayToken: GatewayToken;
  hostKey: string | undefined;
}

export interface Identify {
  byRequest(request: Request): Promise<Principal>;
  /** The holder of a token, whatever header it came in. */
  byBearer(bearer: string, address: string): Promise<Principal>;
}

/** The OpenAI-compatible API. Below `/v1/` there are other surfaces, which bring their own credentials. */
const v1Paths = /^\/v1(\/(chat|responses|models|completions|embeddings)(\/|$)|\/?$)/;

/** Never throws: who is not recognised is anonymous, and carries the refusal. */
export function createIdentify(deps: IdentifyDeps): Identify {
  const { access, apiTokens, attempts, cookie, devices, sessions, gatewayToken } = deps;

  async function byBearer(bearer: string, from: Origin, deviceToo = false): Promise<Principal> {
    // A header carries bytes; a token outside ASCII arrives with each UTF-8 byte as one character.
    const hashes = await Promise.all([bearer, utf8FromLatin1(bearer)].map(digest));
    const hostKey = deps.hostKey ? await digest(deps.hostKey) : undefined;
    const token = await gatewayToken.read();
    let principal = anonymous as Principal;
    attempts.judge(from, () => {
      const isHost = hostKey !== undefined && hashes.some((hash) => sameDigest(hash, hostKey));
      if (isHost) principal = { kind: "owner", id: "host", scopes: allScopes, via: "host" };
      else if (hashes.some(token.matches)) principal = token.principal;
      else {
        const api = hashes.map(apiTokens.byToken).find((found) => found !== undefined);
        const device = api || !deviceToo ? undefined : hashes.map(devices.byToken).find((found) => found !== undefined);
        if (device) devices.touch(device);
        const known: Principal | undefined =
          api ?? (device && { kind: "device", id: device.id, scopes: device.scopes, via: "device", grant: device.epoch });
        if (!known) return { refusal: tokenMismatch("other", bearer) };
        principal = known;
      }
      return { unguessable: isHost || principal.kind === "api" || principal.kind === "device" || token.unguessable };
    });
    if (principal.kind === "api") apiTokens.touch(principal.id);
    return principal;
  }

  /** Access signs people in elsewhere; here their session begins with its first request. */
  function noteFirstUse(principal: AccessPrincipal, request: Request): void {
    if (!access.isFirstUse(principal)) return;
    const { address, surface } = originOf(request);
    const entry = { who: auditName(principal), surface, action: "sign-in", outcome: "ok", address };
    deps.audit.record({ ...entry, detail: "through Cloudflare Access" });
  }

  async function byBrowser(request: Request, secret: string | undefined): Promise<Principal> {
    const session = secret ? sessions.find(await digest(secret)) : undefined;
    // A right cookie passes even where its address is paused: 256 bits cannot be guessed, and no neighbour may lock the owner out.
    if (session?.state === "live") return ownerOf(session.id);
    const through = await access.identify(request);
    if (through && "kind" in through) {
      noteFirstUse(through, request);
      return through;
    }
    if (through?.innocent) return anonymousWith(through.error);
    if (session?.state === "ended" && !through) return anonymousWith(sessionEnded());
    const refusal = through?.error ?? (session && sessionEnded());
    if (refusal) attempts.judge(originOf(request), () => ({ refusal }));
    return anonymous;
  }

  const orRefused = async (principal: Promise<Principal>): Promise<Principal> => {
    try {
      return await principal;
    } catch (error) {
      return anonymousWith(moltErrorFrom(error));
    }
  };
  const byRequest = (request: Request): Promise<Principal> => {
    const { pathname } = new URL(request.url);
    const isV1 = v1Paths.test(pathname);
    const bearer = isV1 || pathname.startsWith("/api/") ? bearerOf(request) : undefined;
    const secret = cookie.read(request);
    return orRefused(bearer === undefined ? byBrowser(request, secret) : byBearer(bearer, originOf(request), isV1));
  };
  return { byRequest, byBearer: (bearer, address) => orRefused(byBearer(bearer, { address, surface: "http" })) };
}

/** The owner in a browser. */
export function ownerOf(sessionId: string): Principal {
  return { kind: "owner", id: sessionId, scopes: allScopes, via: "cookie" };
}

function originOf(request: Request): Origin {
  const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
  return { address: addressOf(request), surface: isSocket ? "socket" : "http" };
}

function bearerOf(request: Request): string | undefined {
  const match = /^Bearer\s+(.+)$/is.exec(request.headers.get("authorization") ?? "");
  return match?.[1]?.trim() || undefined;
}

function utf8FromLatin1(text: string): string {
  if (![...text].every((character) => character.charCodeAt(0) < 256)) return text;
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))).trim();
}
