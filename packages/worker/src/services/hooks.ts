/** Webhooks that come in below `/hooks/`, put together. */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Audit } from "../auth/audit.ts";
import type { Channels } from "../delivery/channels.ts";
import { createHookAuth } from "../edge/hooks/hook-auth.ts";
import { createHookStore, type Target } from "../edge/hooks/hook-store.ts";
import type { HookWorkDeps } from "../edge/hooks/hook-work.ts";
import { createHooks, type Hooks } from "../edge/hooks/hooks.ts";
import { type HookSettings, hooksRoutes } from "../edge/hooks/hooks-routes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Hub } from "../rpc/hub.ts";
import type { Alarm } from "../schedule/alarm.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Part } from "./part.ts";

const pruneMs = 86_400_000;

interface Given extends Omit<HookWorkDeps, "hooks" | "sink" | "checkTarget"> {
  clock: Clock;
  log: Log;
  secrets: Secrets;
  audit: Audit;
  hub: Hub;
  channels: Channels;
  settings(): HookSettings;
  alarm(): Alarm;
}

export interface HooksPart extends Part {
  service: Hooks;
}

export function createHooksPart(given: Given): HooksPart {
  const { db, clock, secrets, audit, hub, channels, settings, log } = given;
  const store = createHookStore(db, clock);
  const service = createHooks({
    store,
    secrets,
    transcript: given.transcript,
    settings,
    notify: ({ channel, account, to }, text, key) =>
      channels.notify({ channel, accountId: account }, text, { key: `hook:${key}`, ...(to === null ? {} : { chatId: to }) }).id,
  });
  hub.follow((published) => {
    if (published.event !== "chat" || !["final", "aborted", "error"].includes(published.payload.state)) return;
    try {
      service.handOn(published.payload.runId);
    } catch (thrown) {
      // The rows say what is owed; the next wake finds it.
      log.error("hooks.hand-on.failed", { error: moltErrorFrom(thrown).message });
    }
  });
  return {
    service,
    routes: hooksRoutes({
      ...given,
      hooks: store,
      sink: hub,
      auth: createHookAuth({ secrets, db, clock, audit }),
      checkTarget: async ({ channel, account }) => {
        const rows = await channels.status({});
        if (rows.some((row) => row.channel === channel && row.accountId === account && row.configured)) return;
        throw new MoltError("NOT_FOUND", {
          message: `there is no connected account "${account}" of a channel "${channel}"`,
          hint: "Connect it under Admin, Channels, or name another one.",
        });
      },
      defaultTarget: async (): Promise<Target | undefined> => {
        const ready = (await channels.status({})).find((row) => row.configured && row.enabled);
        return ready && { channel: ready.channel, account: ready.accountId, to: null };
      },
    }),
    timers: {
      hooks() {
        store.prune();
        given.alarm().set("hooks", clock.now() + pruneMs);
      },
    },
    wake() {
      try {
        service.handOn();
      } catch (thrown) {
        log.error("hooks.hand-on.failed", { error: moltErrorFrom(thrown).message });
      }
      given.alarm().ensure("hooks", clock.now() + pruneMs);
    },
  };
}
