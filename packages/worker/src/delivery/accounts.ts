/**
 * The accounts of all channels and their life: opened from settings and secrets, proved by a real call, fed by webhook or
 * polling, watched. One that fails says why and stops nobody else; a secret that changes takes effect with the next call.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import * as z from "zod";
import { randomSecret } from "../auth/digest.ts";
import type { ChannelAccountSettings } from "../config/sections/channels.ts";
import { defaultAccount } from "../config/sections/channels.ts";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { AccountStore } from "./account-store.ts";
import type { AccountLink, Channel, ChannelAccount, Identity } from "./channel.ts";
import { commandMenu } from "./commands.ts";
import { createFeed } from "./feed.ts";
import type { Feed, LiveAccount } from "./live-account.ts";
import type { Receive } from "./receive.ts";

interface Dependencies {
  channels: readonly Channel[];
  settings(): { publicUrl: string | null; accounts: Record<string, Record<string, ChannelAccountSettings>> };
  /** https origin at which the owner was seen last. */
  seenOrigin(): string | undefined;
  secrets: Secrets;
  store: AccountStore;
  egress: Egress;
  clock: Clock;
  log: Log;
  receive: Receive;
  onChange(): void;
}

export interface Accounts {
  all(): LiveAccount[];
  get(channel: string, account: string): LiveAccount | undefined;
  /** Throws NOT_FOUND for a channel the product does not have; or an account that is not connected. */
  need(channel: string, account: string | undefined): LiveAccount;
  kind(channel: string): Channel;
  /** Reads settings and secrets again. */
  reload(): void;
  /** Proves and feeds every account that needs it; called by the alarm and after each change. Never throws. */
  watch(): Promise<void>;
  /** Epoch ms at which `watch` is due again; undefined when nothing has to be watched. */
  nextWatchAt(): number | undefined;
  /** Calls to a provider with secrets that are not kept yet. */
  trial(channel: string, account: string, secrets: Record<string, string>): ChannelAccount;
  trouble(channel: string, account: string, error: MoltError): void;
  secretName(channel: string, account: string, key: string): string;
  /** Lets go of the provider's side. Best effort. */
  release(live: LiveAccount): Promise<void>;
}

const pollWatchMs = 30_000;
const webhookWatchMs = 300_000;
const restAfterRejectionMs = 600_000;
const restAfterFailureMs = 20_000;

export const secretNameOf = (channel: string, account: string, key: string): string => `channel.${channel}.${account}.${key}`;

const identity = z.object({ id: z.string(), name: z.string(), username: z.string().optional(), link: z.string().optional() });

/** Who it was proved to be; what cannot be read counts as not proved. */
function identityFrom(text: string | null): Identity | undefined {
  try {
    return identity.parse(JSON.parse(text ?? "null")) as Identity;
  } catch {
    return undefined;
  }
}

export function createAccounts(deps: Dependencies): Accounts {
  const { channels, secrets, store, clock, log } = deps;
  let live = new Map<string, LiveAccount>();
  const keyOf = (channel: string, account: string) => `${channel}|${account}`;
  const versionOf = (channel: Channel, account: string) =>
    channel.secrets.reduce((sum, { key }) => sum + secrets.version(secretNameOf(channel.id, account, key)), 0);

  function kind(id: string): Channel {
    const channel = channels.find((candidate) => candidate.id === id);
    if (channel) return channel;
    throw new MoltError("NOT_FOUND", {
      message: `there is no channel "${id.slice(0, 40)}"`,
      hint: `There are: ${channels.map((one) => one.id).join(", ")}.`,
    });
  }

  function link(channel: Channel, account: string, trial?: Record<string, string>): AccountLink {
    return {
      accountId: account,
      secret(key) {
        const value = trial?.[key] ?? secrets.get(secretNameOf(channel.id, account, key));
        if (value === undefined)
          throw new MoltError("CHANNEL_TOKEN_MISSING", { message: `${channel.label} (${account}) has no ${key} yet` });
        return value;
      },
      webhookSecret() {
        const name = secretNameOf(channel.id, account, "webhook");
        const known = secrets.get(name);
        if (known !== undefined) return known;
        const made = randomSecret(32);
        secrets.set(name, made, "made");
        return made;
      },
      egress: deps.egress,
      clock,
      log,
    };
  }

  function open(channel: Channel, account: string, settings: ChannelAccountSettings, trial?: Record<string, string>) {
    const parsed = channel.options.safeParse(settings.options);
    const issue = parsed.error?.issues[0];
    const path = ["channels.accounts", channel.id, account, "options", ...(issue?.path ?? [])].join(".");
    const error = parsed.success
      ? undefined
      : new MoltError("CONFIG_INVALID", {
          message: `the setting ${path}: ${issue?.message ?? "is not valid"}`,
          hint: "Correct the value there, under Configuration; everything else works meanwhile.",
        });
    return {
      calls: channel.open(link(channel, account, trial), parsed.success ? parsed.data : channel.options.parse({})),
      error,
    };
  }

  function make(channel: Channel, id: string, settings: ChannelAccountSettings): LiveAccount {
    const { calls, error } = open(channel, id, settings);
    const row = store.get(channel.id, id);
    const configured = channel.secrets.every(({ key }) => secrets.get(secretNameOf(channel.id, id, key)) !== undefined);
    const proved = row?.identity && row.identity_of === versionOf(channel, id);
    const account: LiveAccount = {
      id,
      channel,
      calls,
      settings,
      self: proved ? identityFrom(row.identity) : undefined,
      configured,
      error,
      restUntil: 0,
      startedAt: null,
      feed: undefined as unknown as Feed,
    };
    account.feed = createFeed(account, {
      store,
      clock,
      log,
      receive: deps.receive,
      publicUrl: () => deps.settings().publicUrl ?? deps.seenOrigin(),
      onError: (error) => fail(account, error),
      onWell: () => well(account),
    });
    return account;
  }

  /** Stands in for one that could not be opened: it is shown with why, and nobody else is stopped by it. */
  function switchedOff(channel: Channel, id: string, settings: ChannelAccountSettings, thrown: unknown): LiveAccount {
    const { message, cause } = moltErrorFrom(thrown);
    const words = cause instanceof Error ? cause.message : message;
    const error = new MoltError("INTERNAL", {
      message: `it could not be opened: ${words.slice(0, 200)}`,
      hint: "Connect it again under Settings, Channels, or restore the last good snapshot.",
      cause: thrown,
      retryable: false,
    });
    log.error("channel.account.not_opened", { channel: channel.id, account: id, error: thrown });
    const refuse = () => Promise.reject(error);
    const parse = () => ({ kind: "ignored" as const, reason: error.message });
    const none: Feed = { mode: null, reason: null, webhookUrl: null, running: false, ensure: refuse, stop: () => {} };
    const calls = { identify: refuse, parse, send: refuse };
    const rest = { self: undefined, configured: true, restUntil: 0, startedAt: null, feed: none };
    return { id, channel, settings, calls, error, ...rest };
  }

  function wanted(): { channel: Channel; id: string; settings: ChannelAccountSettings }[] {
    const { accounts } = deps.settings();
    return channels.flatMap((channel) => {
      const told = accounts[channel.id] ?? {};
      const implied = channel.secrets.some(({ key }) => secrets.get(secretNameOf(channel.id, "default", key)) !== undefined);
      const ids = new Set([...Object.keys(told), ...(implied ? ["default"] : [])]);
      return [...ids].map((id) => ({ channel, id, settings: told[id] ?? defaultAccount }));
    });
  }

  function reload(): void {
    const next = new Map<string, LiveAccount>();
    for (const { channel, id, settings } of wanted()) {
      const key = keyOf(channel.id, id);
      const fingerprint = JSON.stringify([settings, versionOf(channel, id)]);
      const present = live.get(key);
      if (present && fingerprints.get(present) === fingerprint) {
        next.set(key, present);
        continue;
      }
      present?.feed.stop();
      try {
        const made = make(channel, id, settings);
        fingerprints.set(made, fingerprint);
        next.set(key, made);
      } catch (thrown) {
        // Without a fingerprint: the next reload tries again.
        next.set(key, switchedOff(channel, id, settings, thrown));
      }
    }
    for (const [key, account] of live) if (!next.has(key)) account.feed.stop();
    live = next;
    deps.onChange();
  }
  const fingerprints = new WeakMap<LiveAccount, string>();

  function fail(account: LiveAccount, error: MoltError): void {
    if (account.error?.code !== error.code)
      log.warn("channel.account.failed", {
        channel: account.channel.id,
        account: account.id,
        code: error.code,
        message: error.message,
      });
    const changed = account.error?.message !== error.message;
    account.error = error;
    if (error.code === "CHANNEL_TOKEN_REJECTED" || error.code === "CHANNEL_TOKEN_MISSING") {
      account.feed.stop();
      account.self = undefined;
      account.restUntil = clock.now() + restAfterRejectionMs;
    } else account.restUntil = clock.now() + (error.retryAfterMs ?? restAfterFailureMs);
    if (changed) deps.onChange();
  }

  function well(account: LiveAccount): void {
    if (account.error === undefined || account.error.code === "CONFIG_INVALID") return;
    account.error = undefined;
    deps.onChange();
  }

  /** One at a time for each account: two at once would poll twice, and the provider refuses the second. */
  function tend(account: LiveAccount): Promise<void> {
    const present = tending.get(account);
    if (present) return present;
    const work = tendNow(account).finally(() => tending.delete(account));
    tending.set(account, work);
    return work;
  }
  const tending = new WeakMap<LiveAccount, Promise<void>>();
  const isCurrent = (account: LiveAccount) => live.get(keyOf(account.channel.id, account.id)) === account;

  async function tendNow(account: LiveAccount): Promise<void> {
    if (!account.settings.enabled || !account.configured) return account.feed.stop();
    if (account.error?.code === "CONFIG_INVALID" || account.restUntil > clock.now()) return;
    try {
      if (!account.self) await prove(account);
      // Settings or secrets changed meanwhile: another one stands in its place, and is looked after.
      if (!isCurrent(account)) return;
      account.startedAt ??= clock.now();
      await account.feed.ensure();
    } catch (thrown) {
      if (isCurrent(account)) fail(account, moltErrorFrom(thrown));
    }
  }

  async function prove(account: LiveAccount): Promise<void> {
    const version = versionOf(account.channel, account.id);
    const self = await withDeadline(15_000, (signal) => account.calls.identify(signal));
    account.self = self;
    store.identified(account.channel.id, account.id, self, version);
    log.info("channel.account.proved", { channel: account.channel.id, account: account.id, name: self.username ?? self.name });
    well(account);
    // The menu is a courtesy: without it everything works.
    await withDeadline(15_000, (signal) => account.calls.publishCommands?.(commandMenu, signal)).catch((error: unknown) => {
      log.info("channel.commands.failed", { channel: account.channel.id, error });
    });
  }

  return {
    all: () => [...live.values()],
    get: (channel, account) => live.get(keyOf(channel, account)),
    need(channel, account = "default") {
      const found = live.get(keyOf(kind(channel).id, account));
      if (found) return found;
      throw new MoltError("NOT_FOUND", {
        message: `there is no account "${account.slice(0, 40)}" of "${channel}"`,
        hint: "Connect it first.",
      });
    },
    kind,
    reload,
    watch: async () => void (await Promise.all([...live.values()].map(tend))),
    nextWatchAt() {
      const active = [...live.values()].filter((account) => account.settings.enabled && account.configured);
      if (active.length === 0) return undefined;
      const steady = active.every((account) => account.feed.mode === "webhook" && !account.error);
      return clock.now() + (steady ? webhookWatchMs : pollWatchMs);
    },
    trial: (channel, account, trial) =>
      open(kind(channel), account, deps.settings().accounts[channel]?.[account] ?? defaultAccount, trial).calls,
    trouble(channel, account, error) {
      const found = live.get(keyOf(channel, account));
      if (found && error.code === "CHANNEL_TOKEN_REJECTED") fail(found, error);
    },
    secretName: secretNameOf,
    async release(account) {
      account.feed.stop();
      try {
        await withDeadline(15_000, (signal) => account.calls.webhook?.unregister(signal));
      } catch (error) {
        log.info("channel.release.failed", { channel: account.channel.id, account: account.id, error });
      }
    },
  };
}
