/** An account as people see it. */

import type { ChannelAccountRow, ChannelKindRow } from "@moltworker/protocol/channels";
import { errorToWire } from "@moltworker/protocol/errors";
import type { Secrets } from "../secrets/secrets.ts";
import type { AccountStore } from "./account-store.ts";
import { secretNameOf } from "./accounts.ts";
import type { Channel } from "./channel.ts";
import type { LiveAccount } from "./live-account.ts";
import type { ChannelPairings } from "./pairings.ts";
import type { Sends } from "./sends.ts";

interface Dependencies {
  store: AccountStore;
  secrets: Secrets;
  pairings: ChannelPairings;
  sends: Sends;
}

/** It works, with something to see to; everything else that is wrong has stopped the account. */
const degrading = new Set(["CHANNEL_UNAVAILABLE", "CHANNEL_LIMITED", "CHANNEL_CONFLICT", "CHANNEL_WEBHOOK_FAILING"]);

export function accountRow(live: LiveAccount, { store, secrets, pairings, sends }: Dependencies): ChannelAccountRow {
  const { channel, settings, feed, self } = live;
  const stored = store.get(channel.id, live.id);
  const state = stateOf(live);
  const source = secrets.source(secretNameOf(channel.id, live.id, channel.secrets[0]?.key ?? ""));
  return {
    accountId: live.id,
    channel: channel.id,
    name: self?.name ?? null,
    handle: self?.username ? `@${self.username}` : null,
    link: self?.link ?? null,
    enabled: settings.enabled,
    configured: live.configured,
    running: (state === "ready" || state === "degraded") && feed.running,
    connected: state === "ready",
    mode: feed.mode,
    modeReason: feed.reason,
    webhookUrl: feed.mode === "webhook" ? feed.webhookUrl : null,
    tokenSource: source === "environment" || source === "typed" ? source : null,
    dmPolicy: settings.dmPolicy,
    allowFrom: settings.allowFrom,
    groupPolicy: settings.groupPolicy,
    lastStartAt: live.startedAt,
    lastInboundAt: stored?.last_inbound_at ?? null,
    lastOutboundAt: stored?.last_outbound_at ?? null,
    lastError: live.error?.message ?? null,
    error: live.error ? errorToWire(live.error) : null,
    state,
    pendingPairings: pairings.list().filter((one) => one.channel === channel.id && one.accountId === live.id).length,
    sends: sends.counts(channel.id, live.id),
  };
}

function stateOf({ settings, configured, error, feed }: LiveAccount): ChannelAccountRow["state"] {
  if (!settings.enabled) return "off";
  if (!configured) return "unconfigured";
  if (error === undefined) return feed.running ? "ready" : "starting";
  return degrading.has(error.code) ? "degraded" : "failed";
}

export function kindRow({ id, label, secrets, traits }: Channel): ChannelKindRow {
  return {
    id,
    label,
    secrets: secrets.map((secret) => ({ ...secret })),
    capabilities: [
      ...(traits.edits ? ["streaming"] : []),
      ...(traits.reactions ? ["reactions"] : []),
      ...(traits.buttons ? ["buttons"] : []),
      ...(traits.typingMs > 0 ? ["typing"] : []),
      ...(traits.uploadBytes > 0 ? ["files"] : []),
    ],
  };
}
