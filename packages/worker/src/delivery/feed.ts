/**
 * How one account gets its updates: a webhook where there is a public address and the provider reaches it, polling
 * otherwise. Which one, is found out and found out again; another program on the same account is named, never fought.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import type { AccountStore } from "./account-store.ts";
import type { Feed, LiveAccount } from "./live-account.ts";
import type { Receive } from "./receive.ts";

interface Dependencies {
  store: AccountStore;
  clock: Clock;
  log: Log;
  receive: Receive;
  /** https origin, when there is one. */
  publicUrl(): string | undefined;
  onError(error: MoltError): void;
  onWell(): void;
}

/** After the provider failed to reach the webhook, polling stands in for this long. */
const webhookRestMs = 3_600_000;
const cursorLifeMs = 5 * 86_400_000;
const longestPauseMs = 60_000;
const callMs = 15_000;

const webhookPath = (channel: string, account: string): string => `/channels/${channel}/${account}`;

export function createFeed(account: LiveAccount, deps: Dependencies): Feed {
  return new AccountFeed(account, deps);
}

class AccountFeed implements Feed {
  mode: "webhook" | "polling" | null = null;
  reason: string | null = null;
  webhookUrl: string | null = null;
  private polling: AbortController | undefined;
  /** Counts stops: what was begun before one must not go on after it. */
  private stops = 0;
  private readonly account: LiveAccount;
  private readonly deps: Dependencies;

  constructor(account: LiveAccount, deps: Dependencies) {
    this.account = account;
    this.deps = deps;
  }

  get running(): boolean {
    return this.mode === "webhook" || this.polling !== undefined;
  }

  async ensure(): Promise<void> {
    const { mode, reason, url } = this.choose();
    this.reason = reason;
    if (mode === "webhook" && url !== undefined) return this.ensureWebhook(url);
    return this.ensurePolling();
  }

  stop(): void {
    this.stops += 1;
    this.polling?.abort(new MoltError("ABORTED"));
    this.polling = undefined;
    this.mode = null;
  }

  private choose(): { mode: "webhook" | "polling"; reason: string; url?: string } {
    const { calls, settings, channel, id } = this.account;
    const origin = this.deps.publicUrl();
    const url = origin === undefined ? undefined : `${origin.replace(/\/+$/, "")}${webhookPath(channel.id, id)}`;
    if (calls.webhook?.passive)
      return { mode: "webhook", reason: "Senders are given its address.", url: url ?? webhookPath(channel.id, id) };
    if (!calls.webhook) return { mode: "polling", reason: "This channel has no webhook." };
    if (settings.mode === "polling" && calls.poll) return { mode: "polling", reason: "The settings say so." };
    if (settings.mode === "webhook" || !calls.poll) {
      if (url !== undefined) return { mode: "webhook", reason: "The settings say so.", url };
      throw new MoltError("CHANNEL_WEBHOOK_FAILING", {
        message: "there is no public https address for the webhook",
        hint: "Set channels.publicUrl, or the mode to polling.",
      });
    }
    if (url === undefined) return { mode: "polling", reason: "The assistant has no public https address." };
    const failedAt = this.stored()?.webhook_failed_at ?? 0;
    if (this.deps.clock.now() - failedAt < webhookRestMs)
      return { mode: "polling", reason: "The provider could not reach the webhook, so polling stands in." };
    return { mode: "webhook", reason: "The assistant has a public address.", url };
  }

  private stored() {
    return this.deps.store.get(this.account.channel.id, this.account.id);
  }

  private keep(change: Parameters<AccountStore["set"]>[2]): void {
    this.deps.store.set(this.account.channel.id, this.account.id, change);
  }

  private async ensureWebhook(url: string): Promise<void> {
    const { webhook } = this.account.calls;
    if (!webhook) return;
    if (webhook.passive) {
      this.webhookUrl = url;
      this.mode = "webhook";
      return this.deps.onWell();
    }
    this.polling?.abort(new MoltError("ABORTED"));
    this.polling = undefined;
    const { stops } = this;
    const found = await withDeadline(callMs, (signal) => webhook.inspect(signal));
    if (stops !== this.stops) return;
    const stored = this.stored();
    this.webhookUrl = url;
    if (found.url !== url) {
      // It was ours when we last looked: somebody else has taken it, and taking it back would go on for ever.
      if (found.url !== "" && stored?.webhook_url === url && stored.mode === "webhook") throw elsewhere(found.url);
      await withDeadline(callMs, (signal) => webhook.register(url, signal));
      this.keep({ mode: "webhook", webhook_url: url });
    } else if (stored?.webhook_url !== url || stored.mode !== "webhook") {
      // Registered by an earlier installation: with our secret from now on.
      await withDeadline(callMs, (signal) => webhook.register(url, signal));
      this.keep({ mode: "webhook", webhook_url: url });
    } else if (found.lastErrorAt !== undefined && found.waiting > 0 && found.lastErrorAt > (stored.last_inbound_at ?? 0)) {
      return this.webhookFails(found.lastError ?? "it did not say why");
    }
    if (stops !== this.stops) return;
    this.mode = "webhook";
    this.deps.onWell();
  }

  private async webhookFails(why: string): Promise<void> {
    const error = new MoltError("CHANNEL_WEBHOOK_FAILING", { message: `the provider cannot deliver to the webhook: ${why}` });
    if (this.account.settings.mode === "webhook" || !this.account.calls.poll) throw error;
    this.deps.log.warn("channel.webhook.failing", { channel: this.account.channel.id, account: this.account.id, why });
    this.keep({ webhook_failed_at: this.deps.clock.now() });
    this.reason = `The provider could not reach the webhook (${why}), so polling stands in.`;
    await this.ensurePolling();
  }

  private async ensurePolling(): Promise<void> {
    if (this.polling) return;
    const { webhook } = this.account.calls;
    const stored = this.stored();
    const { stops } = this;
    if (webhook) {
      const found = await withDeadline(callMs, (signal) => webhook.inspect(signal));
      if (stops !== this.stops) return;
      if (found.url !== "") {
        if (stored?.mode === "polling") throw elsewhere(found.url);
        await withDeadline(callMs, (signal) => webhook.unregister(signal));
      }
    }
    if (stops !== this.stops) return;
    this.keep({ mode: "polling", webhook_url: null });
    this.mode = "polling";
    this.webhookUrl = null;
    const controller = new AbortController();
    this.polling = controller;
    void this.poll(controller.signal).finally(() => {
      if (this.polling === controller) this.polling = undefined;
    });
  }

  /** Providers begin anew with their numbers after a quiet week: an old cursor would then skip what is new. */
  private cursor(): string | undefined {
    const stored = this.stored();
    const quietMs = this.deps.clock.now() - (stored?.last_inbound_at ?? 0);
    return quietMs > cursorLifeMs ? undefined : (stored?.poll_cursor ?? undefined);
  }

  private async poll(signal: AbortSignal): Promise<void> {
    const { account, deps } = this;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const before = this.cursor();
        // After a failure the first good answer should not take half a minute to show.
        const { updates, cursor } = (await account.calls.poll?.(before, failures > 0, signal)) ?? { updates: [], cursor: before };
        if (signal.aborted || !account.self) return;
        // One turn of the event loop: the rows and the cursor that confirms them are one commit.
        deps.receive({ ...account, self: account.self }, updates);
        if (cursor !== before) this.keep({ poll_cursor: cursor ?? null });
        failures = 0;
        deps.onWell();
      } catch (thrown) {
        if (signal.aborted) return;
        const error = moltErrorFrom(thrown);
        failures += 1;
        // One lost connection is the network's everyday life.
        if (failures > 1 || !error.retryable || error.code === "CHANNEL_CONFLICT") deps.onError(error);
        if (error.code === "CHANNEL_TOKEN_REJECTED" || error.code === "CHANNEL_TOKEN_MISSING") return;
        await deps.clock.sleep(error.retryAfterMs ?? Math.min(longestPauseMs, 1_000 * 2 ** failures), signal).catch(() => {});
      }
    }
  }
}

function elsewhere(url: string): MoltError {
  const host = URL.parse(url)?.host ?? "another address";
  return new MoltError("CHANNEL_CONFLICT", {
    message: `another installation took this account's webhook: it leads to ${host} now`,
    hint: "Stop that installation, or connect here again to take the account back.",
    details: { host },
    retryable: true,
  });
}
