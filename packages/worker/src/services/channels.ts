/** Channels beside the core: their routes, their timers, and what they hear of runs. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Principal } from "../auth/principal.ts";
import { channels } from "../catalog/channels.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import { secretNameOf } from "../delivery/accounts.ts";
import type { Channels } from "../delivery/channels.ts";
import { type ChannelsDependencies, createChannels } from "../delivery/create-channels.ts";
import { channelRoutes } from "../edge/channel-routes.ts";
import type { Seeds } from "../env.ts";
import { whyNotPublic } from "../platform/public-address.ts";
import type { Hub } from "../rpc/hub.ts";
import type { Alarm } from "../schedule/alarm.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Marks } from "../storage/marks.ts";
import type { Part } from "./part.ts";

type Passed = Omit<ChannelsDependencies, "channels" | "settings" | "patchAccount" | "seenOrigin" | "publish" | "schedule">;

export interface ChannelsPartDependencies extends Passed {
  config: Config<Settings>;
  hub: Hub;
  marks: Marks;
  alarm(): Alarm;
}

export interface ChannelsPart extends Part {
  service: Channels;
  /** The owner opened the assistant at this address; a public one is where providers reach it. */
  seenAt(request: Request, principal: Principal): void;
}

const originMark = "public-origin";

export function createChannelsPart(deps: ChannelsPartDependencies): ChannelsPart {
  const { config, hub, marks } = deps;
  const engine = createChannels({
    ...deps,
    channels,
    settings: () => config.get("channels"),
    patchAccount: (channel, account, change, by) =>
      void config.patch({ channels: { accounts: { [channel]: { [account]: change } } } }, { changedBy: by }),
    seenOrigin: () => marks.get(originMark),
    publish: (event, payload) => hub.announce(event, payload),
    schedule: (timer, dueAt) => deps.alarm().ensure(timer, dueAt),
  });
  hub.follow(({ event, payload }) => {
    try {
      engine.onEvent(event, payload);
    } catch (error) {
      // The rows say what is owed; the next wake finds it.
      deps.log.error("channel.event.failed", { event, error });
    }
  });
  config.onChange((names) => names.includes("channels") && engine.reload());

  return {
    name: "channels",
    service: engine.service,
    routes(app, allowed) {
      channelRoutes(engine.service)(app, allowed);
      app.all("/channels/:channel/:account", (context) =>
        engine.webhook(context.req.param("channel"), context.req.param("account"), context.req.raw),
      );
      app.all("/channels/*", () => {
        throw new MoltError("NOT_FOUND", { message: "there is no such route" });
      });
    },
    timers: {
      "channels.work": () => engine.work(),
      "channels.watch": () => engine.watch(),
    },
    wake: () => engine.wake(),
    seenAt(request, principal) {
      if (principal.kind !== "owner" || principal.via === "host") return;
      const origin = publicOriginOf(request);
      if (origin === undefined || marks.get(originMark) === origin) return;
      marks.set(originMark, origin);
      engine.reload();
    },
  };
}

/** Settings that the environment seeds, by channel; for the config's `given`. */
export function channelSeeds(seeds: Seeds): Record<string, unknown> {
  const accounts = channels.flatMap((channel) => {
    const seed = channel.seed?.(seeds);
    return seed && Object.keys(seed.settings).length > 0 ? [[channel.id, { default: seed.settings }] as const] : [];
  });
  return accounts.length > 0 ? { accounts: Object.fromEntries(accounts) } : {};
}

export function seedChannelSecrets(seeds: Seeds, secrets: Pick<Secrets, "seed">): void {
  for (const channel of channels)
    for (const [key, value] of Object.entries(channel.seed?.(seeds)?.secrets ?? {}))
      secrets.seed(secretNameOf(channel.id, "default", key), value);
}

/** The https origin of a request whose Origin was checked; undefined when the world cannot reach it. */
function publicOriginOf(request: Request): string | undefined {
  const origin = request.headers.get("origin") ?? new URL(request.url).origin;
  const url = URL.parse(origin);
  if (url?.protocol !== "https:" || !url.hostname.includes(".")) return undefined;
  return whyNotPublic(url) === undefined ? url.origin : undefined;
}
