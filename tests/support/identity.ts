/** Identity over a test database, with a clock that tests move. */

import type { Scope } from "../../packages/protocol/src/scopes.ts";
import { type AccessSettings, accessMigration, createAccess } from "../../packages/worker/src/auth/access.ts";
import { type Audit, auditMigration, createAudit } from "../../packages/worker/src/auth/audit.ts";
import type { Auth } from "../../packages/worker/src/auth/auth.ts";
import { createAuth } from "../../packages/worker/src/auth/create-auth.ts";
import {
  apiTokensMigration,
  authMigration,
  pairingMigration,
  passkeysMigration,
  tokenLimitsMigration,
  upgradesMigration,
} from "../../packages/worker/src/auth/schema.ts";
import type { Seeds } from "../../packages/worker/src/env.ts";
import type { Clock } from "../../packages/worker/src/platform/clock.ts";
import type { Egress } from "../../packages/worker/src/platform/egress.ts";
import { createLog } from "../../packages/worker/src/platform/log.ts";
import { createSecrets, gatewayTokenName, type Secrets, secretsMigration } from "../../packages/worker/src/secrets/secrets.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";

export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** Stands still until it is moved; starts where the runtime's own clock may not matter. */
export function createTestClock(startMs = Date.UTC(2026, 0, 1)): TestClock {
  let now = startMs;
  return {
    now: () => now,
    sleep: () => Promise.reject(new Error("a test does not sleep")),
    advance: (ms) => {
      now += ms;
    },
  };
}

export const HOST_KEY = "host-key-of-the-test-0123456789abcdef";
export const TOKEN = "the owner's token";

export const testMethods: { name: string; scope: Scope; lasting?: boolean }[] = [
  { name: "health", scope: "operator.read" },
  { name: "chat.send", scope: "operator.write" },
  { name: "config.patch", scope: "operator.admin" },
  { name: "exec.approval.resolve", scope: "operator.approvals" },
  { name: "device.pair.list", scope: "operator.pairing" },
  { name: "device.pair.approve", scope: "operator.pairing", lasting: true },
];

export interface TestIdentity {
  auth: Auth;
  secrets: Secrets;
  clock: TestClock;
  db: Database;
  audit: Audit;
  /** All that was logged, one JSON text a line. */
  logged: string[];
  /** What was told of pairing, in order. */
  events: ({ event: "requested" | "resolved"; requestId: string } & Record<string, unknown>)[];
  /** Builds identity again over the same rows, as a restart does. */
  restart(seeds?: Seeds): Auth;
}

export interface TestAccess {
  settings: AccessSettings;
  /** Answers for the team's server. */
  fetch: Egress["fetch"];
}

const noAccess: TestAccess = {
  settings: { teamDomain: null, audience: [], allowed: [] },
  fetch: () => Promise.reject(new Error("nothing is to be fetched")),
};

export function createTestIdentity(
  db: Database,
  seeds: Seeds = { MOLTBOT_GATEWAY_TOKEN: TOKEN },
  given: TestAccess = noAccess,
): TestIdentity {
  const clock = createTestClock();
  const logged: string[] = [];
  const events: TestIdentity["events"] = [];
  const log = createLog((line) => logged.push(line));
  const own = [
    authMigration,
    accessMigration,
    pairingMigration,
    apiTokensMigration,
    auditMigration,
    upgradesMigration,
    tokenLimitsMigration,
    passkeysMigration,
  ];
  migrate(db, [secretsMigration, ...own], clock);
  const audit = createAudit(db, clock);
  const secrets = createSecrets(db, clock);
  const restart = (again: Seeds = seeds) =>
    createAuth({
      access: createAccess({ settings: () => given.settings, egress: { fetch: given.fetch }, db, clock, log }),
      db,
      secrets,
      clock,
      log,
      seeds: again,
      hostKey: HOST_KEY,
      assistantId: "0123456789abcdef",
      methods: testMethods,
      audit,
      pairingEvents: {
        requested: (request) => void events.push({ event: "requested", ...request }),
        resolved: (event) => void events.push({ event: "resolved", ...event }),
      },
    });
  return { auth: restart(), secrets, clock, db, audit, logged, events, restart };
}

export { gatewayTokenName };

/** A request as raw workerd gives it: the peer's address is a fact of the connection. */
export function requestFrom(clientIp: string, url: string, init: RequestInit = {}): Request {
  const request = new Request(url, init);
  Object.defineProperty(request, "cf", { value: { clientIp } });
  return request;
}

export const cookieOf = (setCookie: string): string => setCookie.split(";")[0] as string;
