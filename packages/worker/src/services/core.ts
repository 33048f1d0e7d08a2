/** The core of an assistant: what every part stands on, read top to bottom. It holds no timer and no socket. */

import build from "moltworker:build";
import type { ModelRow } from "@moltworker/protocol/rows";
import { createGateway, type Gateway } from "../ai-gateway/gateway.ts";
import { createGovernor } from "../ai-gateway/governor/create-governor.ts";
import { cloudflareKeyId } from "../ai-gateway/managed.ts";
import { createPrices } from "../ai-gateway/prices.ts";
import { addressSeeds, seedKeys } from "../ai-gateway/seeds.ts";
import { createUsageLog } from "../ai-gateway/usage-log.ts";
import { createAccess } from "../auth/access.ts";
import { createAudit } from "../auth/audit.ts";
import { createAuth } from "../auth/create-auth.ts";
import { reportIgnoredVariables } from "../auth/ignored-variables.ts";
import type { Principal } from "../auth/principal.ts";
import { methods } from "../catalog/methods.ts";
import { migrations } from "../catalog/migrations.ts";
import { providers } from "../catalog/providers.ts";
import { sections } from "../catalog/sections.ts";
import { tools } from "../catalog/tools.ts";
import { createConfig } from "../config/config.ts";
import { createConfigHistory } from "../config/history.ts";
import { type Env, readPaddedVariables, readSeeds, readUnusedVariables } from "../env.ts";
import { createBuildWatch } from "../platform/build.ts";
import { systemClock } from "../platform/clock.ts";
import { createEgress } from "../platform/egress.ts";
import { createId } from "../platform/id.ts";
import { createLog, patientLog } from "../platform/log.ts";
import { createEventLog } from "../rpc/event-log.ts";
import { createHub } from "../rpc/hub.ts";
import { createApprovals } from "../runs/approvals.ts";
import { createRunStore } from "../runs/run-store.ts";
import { createRunner } from "../runs/runner.ts";
import { createToolLedger } from "../runs/tool-ledger.ts";
import { createKeyPool } from "../secrets/key-pool.ts";
import { createSecrets, providerKeyName } from "../secrets/secrets.ts";
import { createInbox } from "../sessions/inbox.ts";
import { createOutbox } from "../sessions/outbox.ts";
import { createSessionStore } from "../sessions/session-store.ts";
import { createSessionView } from "../sessions/session-view.ts";
import { createTranscript } from "../sessions/transcript.ts";
import { createBlobs } from "../storage/blobs.ts";
import { createDatabase } from "../storage/database.ts";
import { createFence } from "../storage/fence.ts";
import { createLogRing } from "../storage/log-ring.ts";
import { createMarks } from "../storage/marks.ts";
import { migrate } from "../storage/migrations.ts";
import { createQuarantine } from "../storage/quarantine.ts";
import { createWorkspace } from "../storage/workspace.ts";
import { channelSeeds, seedChannelSecrets } from "./channels.ts";
import { createContainersPart } from "./containers.ts";
import { createHosting, hostedKind } from "./hosted.ts";
import { createPartsGuard } from "./parts-guard.ts";
import { sweepAtWake } from "./poison-sweep.ts";

/** What is made after the core, and called by it. */
export interface Later {
  /** An approval came or went: the next to expire may be another one. */
  approvalsChanged(): void;
  /** Runs began to live: the object must not be put away while it waits for them. */
  keepAwake(): void;
}

export function createCore(ctx: DurableObjectState, env: Env, later: Later) {
  const clock = systemClock;
  let keepLine = (_line: string): void => undefined;
  let knownSecrets = (): readonly string[] => [];
  const log = patientLog(
    createLog(
      (line) => {
        console.log(line);
        keepLine(line);
      },
      () => knownSecrets(),
    ),
  );
  const startedAt = clock.now();
  const bootId = createId("boot", startedAt);

  const fence = createFence(createDatabase(ctx.storage));
  const { db } = fence;
  migrate(db, migrations, clock);
  const guard = createPartsGuard(clock, log);
  const marks = createMarks(db);
  const quarantine = createQuarantine(db, clock);
  const object = { id: ctx.id.toString(), isFileReachable: env.HOST_KEY !== undefined };
  const poisoned = sweepAtWake({ db, quarantine, marks, now: startedAt }, object);
  if (Object.keys(poisoned).length > 0) log.warn("storage.quarantined", { rows: poisoned });

  const seeds = readSeeds(env);
  const secrets = createSecrets(db, clock);
  knownSecrets = secrets.values;
  const config = createConfig({
    sections,
    db,
    clock,
    log,
    seeds,
    given: { providers: addressSeeds(providers, seeds), channels: channelSeeds(seeds) },
    quarantine,
  });
  const configHistory = createConfigHistory({ sections, db, config });
  const blobs = createBlobs(env.BLOBS, db, clock);
  const workspace = createWorkspace(db, clock);
  const egress = createEgress({
    publicFetch: (url, init) => fetch(url, init),
    ...(env.NAMED_NETWORK ? { namedFetch: bound(env.NAMED_NETWORK) } : {}),
    log,
  });
  const {
    containers,
    sandbox,
    part: containersPart,
  } = guard.make("containers", () =>
    createContainersPart({
      env,
      assistantId: ctx.id.toString(),
      clock,
      workspace,
      secrets,
      egress,
      config,
      kinds: [hostedKind({ config, hosted: () => hosted })],
    }),
  );
  const hosted = createHosting({ containers, db, blobs, config, clock, log, models: () => models });

  const sessions = createSessionStore(db, clock);
  const transcript = createTranscript(db, clock);
  const inbox = createInbox(db, clock);
  const outbox = createOutbox(db, clock);
  const hub = createHub(createEventLog(db, clock));
  const logs = createLogRing(db, (row) => hub.announce("logs.line", row));
  keepLine = logs.append;
  const builds = createBuildWatch(build);

  // A key that cannot be taken over costs itself: it is named, and the other ways work.
  const seeding = { seed: (name: string, value: string) => guard.run(name, () => secrets.seed(name, value)) };
  seedKeys(providers, seeds, seeding);
  if (seeds.CLOUDFLARE_AI_GATEWAY_API_KEY) seeding.seed(providerKeyName(cloudflareKeyId), seeds.CLOUDFLARE_AI_GATEWAY_API_KEY);
  const keys = createKeyPool(secrets, clock);
  seedChannelSecrets(seeds, seeding);
  const limits = () => config.get("limits");
  const prices = createPrices({ providers, own: () => limits().prices, now: clock.now });
  const tokenBudgets = () =>
    auth.apiTokens.list().flatMap(({ id, limits: own }) => (own?.budget ? [{ tokenId: id, budget: own.budget }] : []));
  const governor = createGovernor({ db, clock, log, prices, limits, tokenBudgets });
  const models = createGateway({
    prices,
    governor,
    providers,
    config,
    secrets,
    keys,
    egress,
    clock,
    log,
    recordCall: createUsageLog(db, clock).record,
    limitsOf: (tokenId) => auth.apiTokens.find(tokenId)?.limits ?? null,
    onModelsChanged: () => hub.publish("models.changed", { ts: clock.now() }),
  });
  const modelFor = (sessionKey: string) => sessions.get(sessionKey)?.model ?? models.defaultModel();

  const store = createRunStore(db, clock);
  const ledger = createToolLedger(db, clock, bootId);
  const approvals = createApprovals({ db, clock, events: hub, onSchedule: later.approvalsChanged });
  const view = createSessionView({
    sessions,
    modelFor,
    describe: (ref) => describeOrNothing(models, ref),
    openRuns: (key) => store.open(key),
  });
  const access = createAccess({ settings: () => config.get("access"), egress, db, clock, log });
  const unusedVariables = readUnusedVariables(env);
  reportIgnoredVariables(seeds, unusedVariables, log);
  for (const name of readPaddedVariables(env)) log.info("config.variable-trimmed", { name });
  const audit = createAudit(db, clock);
  const auth = createAuth({
    audit,
    access,
    db,
    secrets,
    seeds,
    clock,
    log,
    methods,
    hostKey: env.HOST_KEY ?? undefined,
    assistantId: ctx.id.toString(),
    pairingEvents: {
      requested: (request) => hub.publish("device.pair.requested", request),
      resolved: (event) => hub.publish("device.pair.resolved", event),
    },
  });
  const runner = createRunner({
    db,
    clock,
    log,
    sink: hub,
    sessions,
    transcript,
    inbox,
    outbox,
    store,
    ledger,
    approvals,
    models,
    modelFor,
    tools,
    workspace,
    egress,
    sandbox,
    blobs,
    settings: () => config.get("agent"),
    authorize: (run, action) => auth.authorize(JSON.parse(run.principal) as Principal, "run", action),
    suspension: { get: () => marks.get("suspended") === "yes", set: (on) => marks.set("suspended", on ? "yes" : "no") },
    onActivity: (active) => active && later.keepAwake(),
    onSessionChanged: (key, reason = "updated") =>
      hub.publish("sessions.changed", { sessionKey: key, reason, session: view.byKey(key) }),
  });

  return {
    clock,
    log,
    guard,
    startedAt,
    bootId,
    db,
    fence,
    marks,
    seeds,
    secrets,
    config,
    configHistory,
    blobs,
    workspace,
    egress,
    containers,
    containersPart,
    hosted,
    sessions,
    transcript,
    inbox,
    outbox,
    hub,
    logs,
    builds,
    keys,
    limits,
    prices,
    governor,
    models,
    modelFor,
    store,
    ledger,
    approvals,
    view,
    access,
    unusedVariables,
    audit,
    auth,
    runner,
  };
}

/** A session may name a model that no provider offers any more; its row still has to be drawn. */
export function describeOrNothing(models: Gateway, ref: string): ModelRow | undefined {
  try {
    return models.describe(ref);
  } catch {
    return undefined;
  }
}

const bound = (fetcher: Fetcher): typeof fetch => fetcher.fetch.bind(fetcher) as typeof fetch;
