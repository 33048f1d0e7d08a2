/**
 * Identity as the object holds it: who speaks, proved by a session cookie, a one-time link, the gateway token, the host key or a paired device;
 * and `authorize`, the one decision about every action. Secrets are read when they are checked, so rotation works at
 * once. No mode exists in which nobody may do anything.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ConnectParams } from "@moltworker/protocol/frames";
import { hasScope, type Scope, scopes as allScopes } from "@moltworker/protocol/scopes";
import type { Seeds } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Log } from "../platform/log.ts";
import { gatewayTokenName, type Secrets } from "../secrets/secrets.ts";
import type { Database } from "../storage/database.ts";
import { type Actions, methodActions, ownActions } from "./actions.ts";
import { addressOf } from "./address.ts";
import type { Auth, SignedIn, Visit } from "./auth.ts";
import { createAttempts, type Verdict } from "./attempts.ts";
import { createSessionCookie } from "./cookie.ts";
import { deviceProofFault } from "./device-proof.ts";
import { createDevices, type Device } from "./devices.ts";
import { digest, randomSecret, sameDigest } from "./digest.ts";
import { checkOrigin } from "./origin.ts";
import { anonymous, type Principal, type Surface } from "./principal.ts";
import { anonymousWith, type Client, devicePairingRequired, deviceProofInvalid, deviceTokenMismatch, refusalOf, tokenMismatch, tokenMissing } from "./refusals.ts";
import { createWebSessions, linkInvalid, sessionEnded } from "./web-sessions.ts";

export interface AuthDeps {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  log: Log;
  /** Random per start; proves that a caller can read the data folder. Absent on Cloudflare. */
  hostKey: string | undefined;
  /** Which assistant of a deployment this is. */
  assistantId: string;
  /** The catalog's methods: each brings the scope it needs. */
  methods: readonly { name: string; scope: Scope }[];
  /** Host names besides local ones that this server answers to. Default: none. */
  allowedHosts?: readonly string[];
  seeds: Seeds;
}

/** Surfaces each kind of principal may act on at all, whatever its scopes. */
const surfacesOf: Record<Exclude<Principal["kind"], "anonymous">, readonly Surface[]> = {
  owner: ["socket", "http", "run"],
  device: ["socket", "run"],
  schedule: ["alarm", "run"],
  channel: ["run"],
};

export function createAuth(deps: AuthDeps): Auth {
  const { db, secrets, clock, log } = deps;
  const actions: Actions = { ...methodActions(deps.methods), ...ownActions };
  const attempts = createAttempts(db, clock);
  const cookie = createSessionCookie(`${deps.assistantId.slice(0, 8)}_${instanceId(db, clock)}`);
  const tokenVersion = () => secrets.version(gatewayTokenName);
  const sessions = createWebSessions(db, clock, tokenVersion);
  const devices = createDevices(db, clock);
  const hostKeyHash = deps.hostKey ? digest(deps.hostKey) : undefined;
  seedGatewayToken(secrets, deps.seeds, log);

  /** Reads the gateway token now; the returned test is synchronous, for use inside one judged attempt. */
  async function readGatewayToken(): Promise<{ matches(hash: string): boolean; unguessable: boolean; principal(): Principal; version: number }> {
    const value = secrets.get(gatewayTokenName);
    const version = tokenVersion();
    const expected = value === undefined ? undefined : await digest(value);
    return {
      version,
      matches: (hash) => expected !== undefined && sameDigest(hash, expected) && version === tokenVersion(),
      unguessable: secrets.source(gatewayTokenName) === "made",
      principal: () => ({ kind: "owner", id: `token:${version}`, scopes: allScopes, via: "token" }),
    };
  }

  async function openSession(visit: Visit, version: number | undefined): Promise<SignedIn> {
    const { secret, id } = await sessions.open(version);
    return { setCookie: cookie.issue(secret, visit.secure), principal: ownerOf(id) };
  }

  async function identifyBearer(bearer: string, address: string): Promise<Principal> {
    // A header carries bytes; a token outside ASCII arrives with each UTF-8 byte as one character.
    const hashes = await Promise.all([bearer, utf8FromLatin1(bearer)].map(digest));
    const [token, hostKey] = [await readGatewayToken(), await hostKeyHash];
    let principal = anonymous;
    attempts.judge(address, () => {
      const isHost = hostKey !== undefined && hashes.some((hash) => sameDigest(hash, hostKey));
      if (isHost) principal = { kind: "owner", id: "host", scopes: allScopes, via: "host" };
      else if (hashes.some(token.matches)) principal = token.principal();
      else return { refusal: tokenMismatch("other", bearer) };
      return { unguessable: isHost || token.unguessable };
    });
    return principal;
  }

  async function identifyCookie(secret: string, address: string): Promise<Principal> {
    const found = sessions.find(await digest(secret));
    // A right cookie passes even where its address is paused: 256 bits cannot be guessed, and the owner must not be locked out by a neighbour.
    if (found.state === "live") return ownerOf(found.id);
    if (found.state === "ended") return anonymousWith(sessionEnded());
    attempts.judge(address, () => ({ refusal: sessionEnded() }));
    return anonymous;
  }

  async function connectWithSecret(params: ConnectParams, address: string, nonce: string): Promise<{ principal: Principal; deviceToken?: string }> {
    const presented = secretsOf(params);
    const hashes = await Promise.all(presented.map(digest));
    const fault = params.device ? await deviceProofFault(params, nonce, clock.now()) : undefined;
    const token = await readGatewayToken();
    const isOwner = () => hashes.some(token.matches);
    let device: Device | undefined;
    attempts.judge(address, (): Verdict => {
      device = hashes.map(devices.byToken).find((found) => found !== undefined);
      if (!isOwner() && !device) return { refusal: mismatch(params, presented[0] ?? "", fault) };
      if (fault) return { refusal: deviceProofInvalid(fault) };
      if (!isOwner() && params.device?.id.toLowerCase() !== device?.id) return { refusal: deviceTokenMismatch() };
      return { unguessable: isOwner() ? token.unguessable : true };
    });
    if (!isOwner() && device) {
      devices.touch(device);
      return { principal: principalOfDevice(device, params) };
    }
    if (!params.device) return { principal: asked(token.principal(), params) };
    const paired = await devices.pair(params, asked(token.principal(), params).scopes);
    log.info("auth.device-paired", { deviceId: paired.device.id, client: params.client.id, address });
    return { principal: principalOfDevice(paired.device, params), deviceToken: paired.token };
  }

  function mismatch(params: ConnectParams, presented: string, fault: string | undefined): MoltError {
    if (params.auth?.token === undefined && params.auth?.deviceToken !== undefined) return deviceTokenMismatch();
    const known = params.device !== undefined && fault === undefined && devices.find(params.device.id.toLowerCase()) !== undefined;
    return tokenMismatch(clientOf(params), presented, known);
  }

  /** Without any secret only the browser's own session counts. */
  async function connectWithoutSecret(params: ConnectParams, principal: Principal, nonce: string): Promise<Principal> {
    if (principal.kind === "owner" && stillValid(principal)) return asked(principal, params);
    if (!params.device || (principal.kind === "anonymous" && principal.refusal)) throw refusalOf(principal, clientOf(params));
    const fault = await deviceProofFault(params, nonce, clock.now());
    if (fault) throw deviceProofInvalid(fault);
    throw devices.find(params.device.id.toLowerCase()) ? tokenMissing(clientOf(params)) : devicePairingRequired(params.device.id);
  }

  function stillValid(principal: Principal): boolean {
    switch (principal.kind) {
      case "anonymous":
        return false;
      case "owner":
        if (principal.via === "token") return principal.id === `token:${tokenVersion()}` && secrets.get(gatewayTokenName) !== undefined;
        return principal.via === "host" || sessions.isLive(principal.id);
      case "device":
        return devices.find(principal.id) !== undefined;
      case "schedule":
      case "channel":
        return true;
    }
  }

  return {
    createLink: sessions.createLink,
    redeemLink: async (code, visit) => {
      const hash = await digest(code.trim());
      attempts.judge(visit.address, () => (sessions.takeLink(hash) ? { unguessable: true } : { refusal: linkInvalid() }));
      return openSession(visit, undefined);
    },
    redeemToken: async (text, visit) => {
      const presented = text.trim();
      if (presented === "") throw tokenMissing("other");
      const [hash, token] = await Promise.all([digest(presented), readGatewayToken()]);
      attempts.judge(visit.address, () => (token.matches(hash) ? { unguessable: token.unguessable } : { refusal: tokenMismatch("other", presented) }));
      return openSession(visit, token.version);
    },
    identify: async (request) => {
      const bearer = new URL(request.url).pathname.startsWith("/api/") ? bearerOf(request) : undefined;
      const secret = cookie.read(request);
      try {
        if (bearer !== undefined) return await identifyBearer(bearer, addressOf(request));
        return secret ? await identifyCookie(secret, addressOf(request)) : anonymous;
      } catch (error) {
        return anonymousWith(moltErrorFrom(error));
      }
    },
    checkOrigin: (request) => checkOrigin(request, deps.allowedHosts ?? []),
    connect: async (params, socket) => {
      if (params.role !== undefined && params.role !== "operator") throw new MoltError("INVALID_REQUEST", { message: "invalid role" });
      if (secretsOf(params).length > 0) return connectWithSecret(params, socket.address, socket.nonce);
      return { principal: await connectWithoutSecret(params, socket.principal, socket.nonce) };
    },
    authorize: (principal, surface, action) => {
      if (principal.kind === "anonymous") throw refusalOf(principal);
      // A run acts on the authority with which its message was accepted; signing out later does not cut it.
      if ((surface === "socket" || surface === "http") && !stillValid(principal)) throw sessionEnded();
      const rule = Object.hasOwn(actions, action) ? actions[action] : undefined;
      const reachable = surfacesOf[principal.kind].includes(surface) && !(surface === "socket" && principal.via === "host");
      if (!rule?.surfaces.includes(surface) || !reachable) {
        throw new MoltError("FORBIDDEN", { message: `"${action.slice(0, 80)}" is not allowed here`, hint: "Use a client and a grant that are made for it." });
      }
      if (!hasScope(principal.scopes, rule.scope)) {
        throw new MoltError("FORBIDDEN", { message: `missing scope: ${rule.scope}`, details: { missingScope: rule.scope, requiredScopes: [rule.scope] } });
      }
    },
    endSession: (principal) => (principal.kind === "owner" && principal.via === "cookie" && sessions.end(principal.id) ? [principal.id] : []),
    endAllSessions: sessions.endAll,
    clearCookie: cookie.clear,
    listDevices: devices.list,
    revokeDevice: (deviceId) => (devices.revoke(deviceId) ? [deviceId] : []),
    stillValid,
  };
}

/** Made once per database: two data folders on one machine have objects of the same name, yet must not share a cookie. */
function instanceId(db: Database, clock: Clock): string {
  const known = db.one<{ id: string }>("SELECT id FROM auth_instance");
  if (known) return known.id;
  const id = createId("as", clock.now());
  db.run("INSERT INTO auth_instance (id) VALUES (?)", id);
  return id;
}

/** Takes over the token of the environment, or makes one; without a token nobody could ever type one. */
function seedGatewayToken(secrets: Secrets, seeds: Seeds, log: Log): void {
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

const ownerOf = (sessionId: string): Principal => ({ kind: "owner", id: sessionId, scopes: allScopes, via: "cookie" });

function principalOfDevice(device: Device, params: ConnectParams): Principal {
  return { kind: "device", id: device.id, scopes: intersect(device.scopes, params.scopes), via: "device" };
}

/** The principal with no more than it asked for. */
function asked<P extends Principal>(principal: P, params: ConnectParams): P {
  return { ...principal, scopes: intersect(principal.scopes, params.scopes) };
}

/** Asking for nothing in particular gives the whole grant. A contained scope counts: who holds admin may ask for read alone. */
function intersect(granted: readonly Scope[], wanted: readonly string[] | undefined): readonly Scope[] {
  if (wanted === undefined) return granted;
  return allScopes.filter((scope) => wanted.includes(scope) && hasScope(granted, scope));
}

/** Every secret of the frame: clients put token, device token and password into each other's fields. */
function secretsOf(params: ConnectParams): string[] {
  const { token, deviceToken, password } = params.auth ?? {};
  return [token, deviceToken, password].map((text) => text?.trim()).filter((text): text is string => text !== undefined && text !== "");
}

function clientOf(params: ConnectParams): Client {
  if (params.client.id === "cli") return "cli";
  return params.client.id === "openclaw-control-ui" || params.client.id === "webchat-ui" ? "control-ui" : "other";
}

function bearerOf(request: Request): string | undefined {
  const match = /^Bearer\s+(.+)$/is.exec(request.headers.get("authorization") ?? "");
  return match?.[1]?.trim() || undefined;
}

function utf8FromLatin1(text: string): string {
  if (![...text].every((character) => character.charCodeAt(0) < 256)) return text;
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))).trim();
}
