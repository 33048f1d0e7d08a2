/**
 * Identity put together: who speaks is proved by a session cookie, a one-time link, the gateway token, the host key, a
 * paired device or Cloudflare Access. Secrets are read when they are checked, so rotation works at once. No mode exists
 * in which nobody may do anything.
 */

import type { Scope } from "@moltworker/protocol/scopes";
import type { Seeds } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Log } from "../platform/log.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Database } from "../storage/database.ts";
import type { Access } from "./access.ts";
import { methodActions, ownActions } from "./actions.ts";
import { createApiTokens } from "./api-tokens.ts";
import { createAttempts } from "./attempts.ts";
import { type Audit, auditName } from "./audit.ts";
import type { Auth, SignedIn, Visit } from "./auth.ts";
import { createAuthorize } from "./authorize.ts";
import { createConnect } from "./connect.ts";
import { createSessionCookie } from "./cookie.ts";
import { createDeviceGrants } from "./device-grants.ts";
import { createDevices } from "./devices.ts";
import { digest } from "./digest.ts";
import { createGatewayToken, seedGatewayToken } from "./gateway-token.ts";
import { createIdentify, ownerOf } from "./identify.ts";
import { checkOrigin, readAllowedHosts } from "./origin.ts";
import { createPairings, type PairingEvents } from "./pairing.ts";
import type { PasskeyPlace } from "./passkey-place.ts";
import type { Assertion } from "./passkey-proof.ts";
import { createPasskeys } from "./passkeys.ts";
import type { Principal } from "./principal.ts";
import { tokenMismatch, tokenMissing } from "./refusals.ts";
import { createWebSessions, linkInvalid, type OpenedBy } from "./web-sessions.ts";

export interface AuthDeps {
  audit: Audit;
  access: Access;
  db: Database;
  secrets: Secrets;
  clock: Clock;
  log: Log;
  /** Random per start; proves that a caller can read the data folder. Absent on Cloudflare. */
  hostKey: string | undefined;
  /** Which assistant of a deployment this is. */
  assistantId: string;
  /** The catalog's methods: each brings the scope it needs. */
  methods: readonly { name: string; scope: Scope; lasting?: boolean }[];
  seeds: Seeds;
  /** Told of devices that ask and of what was decided. */
  pairingEvents: PairingEvents;
}

export function createAuth(deps: AuthDeps): Auth {
  const { access, audit, db, secrets, clock, log, hostKey } = deps;
  seedGatewayToken(secrets, deps.seeds, log);
  const allowedHosts = readAllowedHosts(deps.seeds.MOLTWORKER_ALLOWED_HOSTS);
  const attempts = createAttempts(db, clock, log, audit);
  const cookie = createSessionCookie(`${deps.assistantId.slice(0, 8)}_${instanceId(db, clock)}`);
  const gatewayToken = createGatewayToken(secrets);
  const sessions = createWebSessions(db, clock, gatewayToken.version);
  const instance = instanceId(db, clock);
  const passkeys = createPasskeys({
    db,
    clock,
    attempts,
    // A browser gives it back decoded and encoded anew: forty characters are whole bytes.
    userHandle: async () => (await digest(`owner of ${instance}`)).slice(0, 40),
    endSessions: sessions.endOfPasskey,
  });
  const devices = createDevices(db, clock);
  const apiTokens = createApiTokens(db, clock);
  const pairings = createPairings(db, clock, devices, deps.pairingEvents);

  const stillValid = (principal: Principal): boolean => {
    if (principal.kind === "anonymous") return false;
    if (principal.kind === "api") return apiTokens.isLive(principal.id);
    if (principal.kind === "device") return devices.find(principal.id)?.epoch === principal.grant;
    if (principal.kind !== "owner" || principal.via === "host") return true;
    if (principal.via === "access") return access.stillValid(principal);
    return principal.via === "token" ? gatewayToken.isCurrent(principal.id) : sessions.isLive(principal.id);
  };

  async function open(visit: Visit, way: OpenedBy, detail: string): Promise<SignedIn> {
    const { secret, id } = await sessions.open(way, visit);
    log.info("auth.signed-in", { session: id, by: way.by, address: visit.address });
    const principal = ownerOf(id);
    audit.record({
      who: auditName(principal),
      surface: "http",
      action: "sign-in",
      outcome: "ok",
      address: visit.address,
      detail,
    });
    return { setCookie: cookie.issue(secret, visit.secure), principal };
  }

  async function redeemLink(code: string, visit: Visit): Promise<SignedIn> {
    const hash = await digest(code.trim());
    attempts.judge({ address: visit.address, surface: "http" }, () =>
      sessions.takeLink(hash) ? { unguessable: true } : { refusal: linkInvalid() },
    );
    return open(visit, { by: "link" }, "by a link");
  }

  async function redeemToken(text: string, visit: Visit): Promise<SignedIn> {
    const presented = text.trim();
    if (presented === "") throw tokenMissing("other");
    const [hash, token] = await Promise.all([digest(presented), gatewayToken.read()]);
    attempts.judge({ address: visit.address, surface: "http" }, () =>
      token.matches(hash) ? { unguessable: token.unguessable } : { refusal: tokenMismatch("other", presented) },
    );
    return open(visit, { by: "token", version: token.version }, "with the gateway token");
  }

  async function redeemPasskey(place: PasskeyPlace, answer: Assertion, visit: Visit): Promise<SignedIn> {
    const { id, label } = await passkeys.prove(place, answer, { address: visit.address, surface: "http" });
    return open(visit, { by: "passkey", id }, `with the passkey ${label}`);
  }

  const identify = createIdentify({ access, audit, apiTokens, attempts, cookie, devices, sessions, gatewayToken, hostKey });
  let gatewayTokenChanges = 0;

  return {
    createLink: sessions.createLink,
    redeemLink,
    redeemToken,
    redeemPasskey,
    passkeys,
    identify: identify.byRequest,
    identifyBearer: identify.byBearer,
    tokensRevision: () => apiTokens.revision() + gatewayTokenChanges,
    checkOrigin: (request) => checkOrigin(request, allowedHosts),
    connect: createConnect({ audit, attempts, devices, pairings, apiTokens, gatewayToken, clock, log, stillValid }),
    authorize: createAuthorize({ ...methodActions(deps.methods), ...ownActions }, stillValid),
    endSession: (principal) => {
      if (principal.kind !== "owner") return [];
      if (principal.via === "access") access.end(principal);
      else if (principal.via !== "cookie" || !sessions.end(principal.id)) return [];
      audit.record({ who: auditName(principal), surface: "http", action: "sign-out", outcome: "ok" });
      return [principal.id];
    },
    endAllSessions: () => {
      access.endAll();
      return sessions.endAll();
    },
    clearCookie: cookie.clear,
    listDevices: devices.list,
    pairings,
    deviceGrants: createDeviceGrants(devices),
    apiTokens,
    rotateGatewayToken: (by, typed) => {
      const held = by.kind === "owner" && by.via === "cookie" && sessions.isLive(by.id);
      const rotation = gatewayToken.rotate(typed);
      gatewayTokenChanges += 1;
      // Who has just proved to be the owner, and chose the new token, need not sign in with it.
      if (held) sessions.keep(by.id);
      log.info("auth.gateway-token-changed", { by: by.id, how: typed === undefined ? "made" : "typed" });
      return rotation;
    },
    revealGatewayToken: gatewayToken.reveal,
    listSessions: sessions.list,
    endSessionById: sessions.end,
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
