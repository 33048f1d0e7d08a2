/** The composition root: plain constructor calls, read top to bottom. What is built here is everything the object has. */

import { TICK_INTERVAL_MS } from "@moltworker/protocol/frames";
import { seedWorkspace } from "./agent/first-files.ts";
import { createCallerDirectory } from "./ai-gateway/governor/callers.ts";
import { closeFrontDesk } from "./ai-gateway/proxy/front-desk.ts";
import { addressOf } from "./auth/address.ts";
import { checks } from "./catalog/checks.ts";
import { methods } from "./catalog/methods.ts";
import { providers } from "./catalog/providers.ts";
import { sections } from "./catalog/sections.ts";
import { sandboxId } from "./containers/sandbox/sandbox.ts";
import { createDoctor } from "./doctor/doctor.ts";
import { createApi } from "./edge/api-routes.ts";
import { type Env, readPaddedVariables } from "./env.ts";
import { buildFromHeader, buildHeader } from "./platform/build.ts";
import type { MethodContext, Runtime } from "./rpc/context.ts";
import { createDispatch } from "./rpc/dispatch.ts";
import { healthSnapshot } from "./rpc/health.ts";
import { createSocketServer, type SocketServer } from "./rpc/socket-server.ts";
import { type Alarm, createAlarm } from "./schedule/alarm.ts";
import { createAdmin } from "./services/admin.ts";
import { createAiGateway } from "./services/ai-gateway.ts";
import { createChannelsPart } from "./services/channels.ts";
import { createCore, describeOrNothing } from "./services/core.ts";
import { createExportPart } from "./services/exporter.ts";
import { createGatewayBooksPart } from "./services/gateway-books.ts";
import { createHooksPart } from "./services/hooks.ts";
import { createHostedPart } from "./services/hosted.ts";
import { createHttpApi } from "./services/http-api.ts";
import { createImportPart } from "./services/importer.ts";
import type { Part } from "./services/part.ts";
import { createSnapshotPart } from "./services/snapshots.ts";

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
  /** A request that the network of one of its containers handed over. */
  fromContainer(container: string, request: Request): Promise<Response>;
  containerEnded(container: string): void;
  /** Writes what calls at the front have entered. */
  keepFront(): void;
}

export function createServices(ctx: DurableObjectState, env: Env): Services {
  const core = createCore(ctx, env, {
    approvalsChanged: () => scheduleApprovals(),
    keepAwake: () => alarm.ensure("runs", clock.now() + heartbeatMs),
  });
  const {
    clock,
    log,
    guard,
    startedAt,
    bootId,
    db,
    marks,
    seeds,
    config,
    configHistory,
    blobs,
    workspace,
    containers,
    containersPart,
    sessions,
    transcript,
    inbox,
    hub,
    logs,
    builds,
    governor,
    models,
    modelFor,
    store,
    approvals,
    view,
    audit,
    auth,
    runner,
  } = core;

  const snapshotPart = guard.make("snapshots", () => createSnapshotPart({ ...core, ctx, env, alarm: () => alarm }));
  const { snapshots } = snapshotPart;

  /** Once the answer has gone out: the asker's own socket may be among them. */
  const closeEnded = () => void setTimeout(() => sockets.closeInvalid(), 0);
  const signOutEverywhere = () => {
    const ended = auth.endAllSessions();
    closeEnded();
    return ended.length;
  };
  config.onChange((names) => names.includes("access") && closeEnded());

  const doctor = createDoctor({
    ...core,
    checks,
    version: env.VERSION ?? "0.0.0",
    providers,
    paddedVariables: readPaddedVariables(env),
    channels: { status: (options) => channelsPart.service.status(options) },
    budgets: () => governor.budgets(clock.now()),
    rearm: () => alarm.rearm(),
    faults: guard.faults,
    snapshots,
  });
  const makeChannels = () =>
    createChannelsPart({
      ...core,
      commands: {
        authorize: (principal, action) => auth.authorize(principal, "channel", action),
        sessions,
        onSessionChanged: (key, reason) => hub.publish("sessions.changed", { sessionKey: key, reason, session: view.byKey(key) }),
        models: { list: () => models.listModels(), forSession: modelFor },
        assistantName: () => config.get("agent").name,
      },
      alarm: () => alarm,
    });
  const channelsPart = guard.make("channels", makeChannels, { seenAt: () => undefined });
  const hooksPart = guard.make("webhooks", () =>
    createHooksPart({
      ...core,
      channels: channelsPart.service,
      settings: () => config.get("hooks"),
      alarm: () => alarm,
    }),
  );
  const server = { version: env.VERSION ?? "0.0.0", bootId, startedAt };
  const callers = createCallerDirectory(auth, clock);
  const aiGateway = guard.make("AI gateway over HTTP", () =>
    createAiGateway({
      ...core,
      callers,
      objectId: ctx.id.toString(),
      mostOutputOf: (provider, model) => describeOrNothing(models, `${provider}/${model}`)?.maxOutputTokens ?? 8_192,
    }),
  );
  const hostedPart = guard.make("hosted OpenClaw", () =>
    createHostedPart({ ...core, alarm: () => alarm, answerHosted: aiGateway.answerHosted }),
  );
  // The host key is there where a supervisor is.
  const runtime: Runtime = env.HOST_KEY
    ? { host: "workerd", compatibilityDate, restart: "supervisor" }
    : { host: "cloudflare", compatibilityDate, restart: "object" };
  const restart = () => {
    log.warn(restartEvent, { by: runtime.restart });
    closeFrontDesk(ctx.id.toString());
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
    containers,
    doctor,
    channels: channelsPart.service,
    hooks: hooksPart.service,
    snapshots,
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
    containersPart,
    hostedPart,
    hooksPart,
    snapshotPart,
    guard.make("admin", () => createAdmin({ audit, logs, builds })),
    guard.make("gateway books", () => createGatewayBooksPart({ ...core, aiGateway, limits: () => config.get("limits") })),
    guard.make("HTTP API", () =>
      createHttpApi({
        ...core,
        runs: store,
        settings: () => config.get("httpApi"),
        alarm: () => alarm,
      }),
    ),
    guard.make("export", () =>
      createExportPart({
        ...core,
        settings: () => config.snapshot().config as unknown as Record<string, unknown>,
        version: env.VERSION ?? "0.0.0",
      }),
    ),
    guard.make("import", () => createImportPart({ ...core, providers, snapshots, oldBucket: env.MOLTBOT_BUCKET })),
  ].map(guard.around);

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
      governor.prune(clock.now());
      for (const part of parts) part.prune?.();
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
    build: builds.running,
    bootId,
    startedAt,
    logs,
    settings: () => config.snapshot().config,
    setVariables: () => Object.keys(seeds),
    assistantName: () => config.get("agent").name,
    ready: () => ({ ready: true }),
    status: () => healthSnapshot(context),
    drain: async (reason) => {
      await Promise.all(parts.map((part) => part.drain?.()));
      return sockets.shutdown(reason);
    },
    closePrincipals: (ids) => sockets.closePrincipals(ids),
    groups: [...parts.flatMap((part) => part.routes ?? []), guard.refusals],
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
    containerEnded: hostedPart.containerEnded,
    fromContainer: (container, request) =>
      container === sandboxId ? containersPart.answerSandbox(request) : hostedPart.fromContainer(container, request),
    keepFront: aiGateway.keepFront,
    wake() {
      if (marks.get("first-files") === undefined) {
        guard.run("first files", () => seedWorkspace(workspace));
        marks.set("first-files", "written");
      }
      guard.run("runs", () => runner.recover());
      alarm.ensure("prune", clock.now() + pruneMs);
      guard.run("approvals", scheduleApprovals);
      for (const part of parts) part.wake?.();
    },
  };
}
