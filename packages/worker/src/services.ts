/** The composition root: plain constructor calls, read top to bottom. What is built here is everything the object has. */

import build from "moltworker:build";
import { TICK_INTERVAL_MS } from "@moltworker/protocol/frames";
import type { ModelRow } from "@moltworker/protocol/rows";
import { seedWorkspace } from "./agent/first-files.ts";
import { createGateway, type Gateway } from "./ai-gateway/gateway.ts";
import { createCallerDirectory } from "./ai-gateway/governor/callers.ts";
import { createGovernor } from "./ai-gateway/governor/create-governor.ts";
import { createPrices } from "./ai-gateway/prices.ts";
import { addressSeeds, seedKeys } from "./ai-gateway/seeds.ts";
import { createUsageLog } from "./ai-gateway/usage-log.ts";
import { createAccess } from "./auth/access.ts";
import { addressOf } from "./auth/address.ts";
import { createAudit } from "./auth/audit.ts";
import { createAuth } from "./auth/create-auth.ts";
import { reportIgnoredVariables } from "./auth/ignored-variables.ts";
import type { Principal } from "./auth/principal.ts";
import { checks } from "./catalog/checks.ts";
import { methods } from "./catalog/methods.ts";
import { migrations } from "./catalog/migrations.ts";
import { providers } from "./catalog/providers.ts";
import { sections } from "./catalog/sections.ts";
import { tools } from "./catalog/tools.ts";
import { createConfig } from "./config/config.ts";
import { createConfigHistory } from "./config/history.ts";
import { createDoctor } from "./doctor/doctor.ts";
import { createApi } from "./edge/api-routes.ts";
import { type Env, readPaddedVariables, readSeeds, readUnusedVariables } from "./env.ts";
import { buildFromHeader, buildHeader, createBuildWatch } from "./platform/build.ts";
import { systemClock } from "./platform/clock.ts";
import { createEgress } from "./platform/egress.ts";
import { createId } from "./platform/id.ts";
import { createLog } from "./platform/log.ts";
import type { MethodContext, Runtime } from "./rpc/context.ts";
import { createDispatch } from "./rpc/dispatch.ts";
import { createEventLog } from "./rpc/event-log.ts";
import { healthSnapshot } from "./rpc/health.ts";
import { createHub } from "./rpc/hub.ts";
import { createSocketServer, type SocketServer } from "./rpc/socket-server.ts";
import { createApprovals } from "./runs/approvals.ts";
import { createRunStore } from "./runs/run-store.ts";
import { createRunner } from "./runs/runner.ts";
import { createToolLedger } from "./runs/tool-ledger.ts";
import { type Alarm, createAlarm } from "./schedule/alarm.ts";
import { createKeyPool } from "./secrets/key-pool.ts";
import { createSecrets } from "./secrets/secrets.ts";
import { createAdmin } from "./services/admin.ts";
import { createAiGateway } from "./services/ai-gateway.ts";
import { channelSeeds, createChannelsPart, seedChannelSecrets } from "./services/channels.ts";
import { createExportPart } from "./services/exporter.ts";
import { createHttpApi } from "./services/http-api.ts";
import { createImportPart } from "./services/importer.ts";
import type { Part } from "./services/part.ts";
import { createInbox } from "./sessions/inbox.ts";
import { createOutbox } from "./sessions/outbox.ts";
import { createSessionStore } from "./sessions/session-store.ts";
import { createSessionView } from "./sessions/session-view.ts";
import { createTranscript } from "./sessions/transcript.ts";
import { createBlobs } from "./storage/blobs.ts";
import { createDatabase } from "./storage/database.ts";
import { createLogRing } from "./storage/log-ring.ts";
import { createMarks } from "./storage/marks.ts";
import { migrate } from "./storage/migrations.ts";
import { createWorkspace } from "./storage/workspace.ts";

/** While runs live, the object is woken at least this often, so that nothing it waits for lets it be put away. */
const heartbeatMs = 25_000;
const pruneMs = 600_000;
/** As in `wrangler.jsonc` and in workerd's configuration. */
const compatibilityDate = "2026-10-01";
/** The supervisor reads it in the log and carries it out. */
const restartEvent = "gateway.restart-requested";
/** Time for the answer to go out. */
const restartDelayMs = 250;

export interface Services {
  sockets: SocketServer;
  alarm: Alarm;
  fetch(request: Request): Promise<Response>;
  /** Takes up what an earlier life of the object left. */
  wake(): void;
}

export function createServices(ctx: DurableObjectState, env: Env): Services {
  const clock = systemClock;
  let keepLine = (_line: string): void => undefined;
  let knownSecrets = (): readonly string[] => [];
  const log = createLog(
    (line) => {
      console.log(line);
      keepLine(line);
    },
    () => knownSecrets(),
  );
  const startedAt = clock.now();
  const bootId = createId("boot", startedAt);

  const db = createDatabase(ctx.storage);
  migrate(db, migrations, clock);
  const marks = createMarks(db);

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
  });
  const configHistory = createConfigHistory({ sections, db, config });
  const blobs = createBlobs(env.BLOBS, db, clock);
  const workspace = createWorkspace(db, clock);
  const egress = createEgress({
    publicFetch: (url, init) => fetch(url, init),
    ...(env.NAMED_NETWORK ? { namedFetch: bound(env.NAMED_NETWORK) } : {}),
    log,
  });

  const sessions = createSessionStore(db, clock);
  const transcript = createTranscript(db, clock);
  const inbox = createInbox(db, clock);
  const outbox = createOutbox(db, clock);
  const hub = createHub(createEventLog(db, clock));
  const logs = createLogRing(db, (row) => hub.announce("logs.line", row));
  keepLine = logs.append;
  const builds = createBuildWatch(build);

  seedKeys(providers, seeds, secrets);
  const keys = createKeyPool(secrets, clock);
  seedChannelSecrets(seeds, secrets);
  const limits = () => config.get("limits");
  const prices = createPrices({ providers, own: () => limits().prices, now: clock.now });
  const governor = createGovernor({ db, clock, log, prices, limits });
  const models = createGateway({
    prices,
    providers,
    config,
    secrets,
    egress,
    clock,
    log,
    recordCall: createUsageLog(db, clock).record,
    onModelsChanged: () => hub.publish("models.changed", { ts: clock.now() }),
  });
  const modelFor = (sessionKey: string) => sessions.get(sessionKey)?.model ?? models.defaultModel();

  const store = createRunStore(db, clock);
  const ledger = createToolLedger(db, clock, bootId);
  const approvals = createApprovals({ db, clock, events: hub, onSchedule: () => scheduleApprovals() });
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
    blobs,
    settings: () => config.get("agent"),
    authorize: (run, action) => auth.authorize(JSON.parse(run.principal) as Principal, "run", action),
    suspension: { get: () => marks.get("suspended") === "yes", set: (on) => marks.set("suspended", on ? "yes" : "no") },
    onActivity: (active) => active && alarm.ensure("runs", clock.now() + heartbeatMs),
    onSessionChanged: (key, reason = "updated") =>
      hub.publish("sessions.changed", { sessionKey: key, reason, session: view.byKey(key) }),
  });

  /** Once the answer has gone out: the asker's own socket may be among them. */
  const closeEnded = () => void setTimeout(() => sockets.closeInvalid(), 0);
  const signOutEverywhere = () => {
    const ended = auth.endAllSessions();
    closeEnded();
    return ended.length;
  };
  config.onChange((names) => names.includes("access") && closeEnded());

  const doctor = createDoctor({
    checks,
    version: env.VERSION ?? "0.0.0",
    clock,
    db,
    marks,
    blobs,
    config,
    egress,
    models,
    providers,
    approvals,
    runner,
    seeds,
    unusedVariables,
    paddedVariables: readPaddedVariables(env),
    builds,
    rearm: () => alarm.rearm(),
  });
  const channelsPart = createChannelsPart({
    db,
    clock,
    log,
    egress,
    secrets,
    config,
    hub,
    marks,
    blobs,
    workspace,
    inbox,
    transcript,
    store,
    runner,
    approvals,
    commands: {
      authorize: (principal, action) => auth.authorize(principal, "channel", action),
      sessions,
      onSessionChanged: (key, reason) => hub.publish("sessions.changed", { sessionKey: key, reason, session: view.byKey(key) }),
      models: { list: () => models.listModels(), forSession: modelFor },
      assistantName: () => config.get("agent").name,
    },
    alarm: () => alarm,
  });
  const server = { version: env.VERSION ?? "0.0.0", bootId, startedAt };
  const callers = createCallerDirectory(auth, clock);
  const aiGateway = createAiGateway({
    db,
    config,
    keys,
    egress,
    clock,
    log,
    governor,
    callers,
    mostOutputOf: (provider, model) => describeOrNothing(models, `${provider}/${model}`)?.maxOutputTokens ?? 8_192,
  });
  // The host key is there where a supervisor is.
  const runtime: Runtime = env.HOST_KEY
    ? { host: "workerd", compatibilityDate, restart: "supervisor" }
    : { host: "cloudflare", compatibilityDate, restart: "object" };
  const restart = () => {
    log.warn(restartEvent, { by: runtime.restart });
    if (runtime.restart === "object") setTimeout(() => ctx.abort("a restart was asked for"), restartDelayMs);
  };
  const context: MethodContext = {
    clock,
    hub,
    auth,
    audit,
    config,
    configHistory,
    sections,
    models,
    governor,
    callers,
    aiGateway,
    sessions,
    view,
    transcript,
    inbox,
    runner,
    approvals,
    workspace,
    blobs,
    doctor,
    channels: channelsPart.service,
    server,
    logs,
    builds,
    runtime,
    restart,
    closeEnded,
    signOutEverywhere,
  };
  const sockets = createSocketServer({
    hub,
    clock,
    dispatch: createDispatch(methods, context, log),
    stillValid: auth.stillValid,
    handshake: { context, methodNames: methods.map((method) => method.name), health: () => healthSnapshot(context) },
    acceptWebSocket: (socket) => ctx.acceptWebSocket(socket),
    onOpen: () => alarm.ensure("tick", clock.now() + TICK_INTERVAL_MS),
  });
  for (const socket of ctx.getWebSockets()) hub.adopt(socket);

  /** What stands beside the core: each brings its own routes, timers and work at waking, and is made in a file of its own. */
  const parts: readonly Part[] = [
    aiGateway,
    channelsPart,
    createAdmin({ logs, builds }),
    createHttpApi({
      db,
      clock,
      log,
      auth,
      hub,
      runner,
      runs: store,
      sessions,
      transcript,
      models,
      blobs,
      egress,
      settings: () => config.get("httpApi"),
      alarm: () => alarm,
    }),
    createExportPart(
      {
        db,
        clock,
        sessions,
        transcript,
        workspace,
        blobs,
        settings: () => config.snapshot().config as unknown as Record<string, unknown>,
        version: env.VERSION ?? "0.0.0",
      },
      audit,
    ),
    createImportPart({
      db,
      clock,
      log,
      auth,
      audit,
      config,
      secrets,
      providers,
      sessions,
      workspace,
      blobs,
      beforeApply: async () => {},
    }),
  ];

  const alarm = createAlarm(db, clock, log, ctx.storage, {
    tick() {
      if (sockets.tick() > 0) alarm.set("tick", clock.now() + TICK_INTERVAL_MS);
    },
    runs() {
      runner.recover();
      if (runner.activeCount > 0) alarm.set("runs", clock.now() + heartbeatMs);
    },
    approvals: () => scheduleApprovals(),
    prune() {
      hub.prune();
      audit.prune();
      alarm.set("prune", clock.now() + pruneMs);
    },
    ...Object.assign({}, ...parts.map((part) => part.timers)),
  });
  const scheduleApprovals = () => {
    const next = approvals.expire();
    if (next !== undefined) alarm.ensure("approvals", next);
  };

  const api = createApi({
    auth,
    blobs,
    doctor,
    audit,
    version: server.version,
    setVariables: () => Object.keys(seeds),
    assistantName: () => config.get("agent").name,
    ready: () => ({ ready: true }),
    status: () => healthSnapshot(context),
    drain: (reason) => sockets.shutdown(reason),
    closePrincipals: (ids) => sockets.closePrincipals(ids),
    groups: parts.flatMap((part) => part.routes ?? []),
    log,
  });

  return {
    sockets,
    alarm,
    async fetch(request) {
      for (const part of parts) {
        const answer = part.answer?.(request);
        if (answer) return answer;
      }
      const front = buildFromHeader(request.headers.get(buildHeader));
      if (front) builds.saw({ ...front, by: "front" });
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return api.fetch(request);
      const principal = await auth.identify(request);
      const checkOrigin = () => {
        auth.checkOrigin(request);
        channelsPart.seenAt(request, principal);
      };
      return sockets.accept(principal, checkOrigin, addressOf(request));
    },
    wake() {
      if (marks.get("first-files") === undefined) {
        seedWorkspace(workspace);
        marks.set("first-files", "written");
      }
      runner.recover();
      alarm.ensure("prune", clock.now() + pruneMs);
      scheduleApprovals();
      for (const part of parts) part.wake?.();
    },
  };
}

/** A session may name a model that no provider offers any more; its row still has to be drawn. */
function describeOrNothing(models: Gateway, ref: string): ModelRow | undefined {
  try {
    return models.describe(ref);
  } catch {
    return undefined;
  }
}

const bound = (fetcher: Fetcher): typeof fetch => fetcher.fetch.bind(fetcher) as typeof fetch;
