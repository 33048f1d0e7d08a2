/** A hosted OpenClaw beside the core: its container, its homes, its address, and its way to models. */

import type { ModelRow } from "@moltworker/protocol/rows";
import type { Auth } from "../auth/auth.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { ContainerKind, Containers } from "../containers/containers.ts";
import { hostedId } from "../containers/moltbot/front.ts";
import { gatewayConfig } from "../containers/moltbot/gateway-config.ts";
import { createHomes } from "../containers/moltbot/homes.ts";
import { createHosted, type Hosted } from "../containers/moltbot/hosted.ts";
import { createHostedRows } from "../containers/moltbot/hosted-row.ts";
import { modelWayName, moltbotSpec } from "../containers/moltbot/moltbot-spec.ts";
import { createHostedEdge } from "../edge/hosted-routes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Alarm } from "../schedule/alarm.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Part } from "./part.ts";

interface KindDeps {
  config: Config<Settings>;
  /** Made after the container's kind is named. */
  hosted(): Hosted;
}

export function hostedKind({ config, hosted }: KindDeps): ContainerKind {
  const settings = () => config.get("assistant").moltbot;
  const isWanted = () => config.get("assistant").engine === "moltbot";
  return {
    id: hostedId,
    title: "OpenClaw",
    spec: () => moltbotSpec(settings(), hosted().version()),
    hosting: {
      isWanted,
      overlay: (info) => hosted().overlay(info),
      settle: (reason) => hosted().settle(reason),
      rest: () => hosted().rest(),
      start: () => hosted().start(),
    },
  };
}

interface HostingDeps {
  containers: Containers;
  db: Database;
  blobs: Blobs;
  config: Config<Settings>;
  clock: Clock;
  log: Log;
  models(): { listModels(): ModelRow[]; defaultModel(): string };
}

/** The part of it that the core needs. */
export function createHosting({ containers, db, blobs, config, clock, log, models }: HostingDeps): Hosted {
  return createHosted({
    containers,
    homes: createHomes({ db, blobs, clock }),
    rows: createHostedRows(db),
    clock,
    log,
    isWanted: () => config.get("assistant").engine === "moltbot",
    settings: () => config.get("assistant").moltbot,
    config: () => gatewayConfig(models().listModels(), models().defaultModel(), config.get("assistant").moltbot.config),
  });
}

interface PartDeps {
  hosted: Hosted;
  containers: Containers;
  config: Config<Settings>;
  auth: Auth;
  clock: Clock;
  log: Log;
  alarm(): Alarm;
  /** A model call of the hosted program. */
  answerHosted(request: Request): Promise<Response>;
}

const timer = "hosted";
/** The container's lease is renewed by its own object; this is about its home and its sleep. */
const everyMs = 20_000;
const livelyEveryMs = 5_000;
/** Where the front in the container says that its gateway has ended; `images/moltbot/server/model-way.mjs`. */
const endedPath = "/moltworker/ended";

export interface HostedPart extends Part {
  /** A request that the network of a container handed over. */
  fromContainer(container: string, request: Request): Promise<Response>;
  /** It ended by itself: it is looked after now, not at the next turn of its timer. */
  containerEnded(container: string): void;
}

export function createHostedPart({ hosted, containers, config, auth, clock, log, alarm, answerHosted }: PartDeps): HostedPart {
  const isWanted = () => config.get("assistant").engine === "moltbot";
  const edge = createHostedEdge({
    auth: () => auth,
    isWanted,
    hosted,
    async info() {
      const found = (await containers.report()).containers.find(({ id }) => id === hostedId);
      if (!found) throw new Error("the hosted container is not listed");
      return found;
    },
    clock,
    log,
  });
  const lookNow = () => void alarm().set(timer, clock.now());
  const goOn = () => alarm().set(timer, clock.now() + (hosted.isLively() ? livelyEveryMs : everyMs));
  config.onChange((sections) => {
    if (!sections.includes("assistant")) return;
    if (isWanted()) {
      goOn();
      // Another version or size: what runs is saved and replaced.
      void hosted.settle("before its settings changed").then(() => hosted.start().catch(() => undefined));
    } else void containers.stop(hostedId).catch(() => undefined);
  });

  return {
    name: "hosted",
    answer: edge.answer,
    async fromContainer(container, request) {
      const url = new URL(request.url);
      if (container === hostedId && url.hostname === modelWayName) {
        if (url.pathname !== endedPath) return answerHosted(request);
        lookNow();
        return new Response(null, { status: 204 });
      }
      return Response.json({ error: { message: `${url.hostname} is not answered for this container` } }, { status: 403 });
    },
    containerEnded(container) {
      if (container === hostedId && isWanted()) lookNow();
    },
    timers: {
      async [timer]() {
        edge.sweep();
        await hosted.tick();
        if (isWanted()) goOn();
      },
    },
    async drain() {
      if (isWanted()) await hosted.save("before the assistant ended").catch(() => undefined);
    },
    wake() {
      if (!isWanted()) return;
      goOn();
      hosted.wake();
    },
  };
}
