/** What is asked of channels from outside (`channels.ts`), answered from their rows and accounts. */

import type { ChannelSendRow } from "@moltworker/protocol/channels";
import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import { createId } from "../platform/id.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { accountRow, kindRow } from "./account-row.ts";
import type { AccountStore } from "./account-store.ts";
import type { Accounts } from "./accounts.ts";
import type { Channel, Place } from "./channel.ts";
import type { AccountRef, Channels } from "./channels.ts";
import type { LiveAccount } from "./live-account.ts";
import { type MessageLog, messageRow } from "./message-log.ts";
import type { ChannelPairings } from "./pairings.ts";
import type { Senders } from "./senders.ts";
import { type Sends, type StoredSend, sendRow } from "./sends.ts";

interface Dependencies {
  channels: readonly Channel[];
  accounts: Accounts;
  store: AccountStore;
  secrets: Secrets;
  messages: MessageLog;
  sends: Sends;
  senders: Senders;
  pairings: ChannelPairings;
  clock: Clock;
  assistantName(): string;
  patchAccount(channel: string, account: string, change: Record<string, unknown>, by: string): void;
  /** Reads settings again and looks after every account now. */
  tend(): Promise<void>;
  /** There is something to send. */
  pump(): void;
  onChange(): void;
}

export function createChannelService(deps: Dependencies): Channels {
  return new ChannelService(deps);
}

class ChannelService implements Channels {
  private readonly deps: Dependencies;

  constructor(deps: Dependencies) {
    this.deps = deps;
  }

  kinds() {
    return this.deps.channels.map(kindRow);
  }

  async status({ probe }: { probe?: boolean }) {
    const { accounts } = this.deps;
    if (probe) {
      for (const live of accounts.all()) live.restUntil = 0;
      await accounts.watch();
    }
    return accounts.all().map((live) => accountRow(live, this.deps));
  }

  async connect(ref: AccountRef, given: Record<string, string>, by: string) {
    const { accounts, secrets, store } = this.deps;
    const channel = accounts.kind(ref.channel);
    const id = ref.accountId ?? "default";
    const absent = channel.secrets.find(({ key }) => !given[key]?.trim());
    if (absent) throw new MoltError("CHANNEL_TOKEN_MISSING", { message: `${absent.label} is empty`, hint: absent.hint });
    const trimmed = Object.fromEntries(channel.secrets.map(({ key }) => [key, given[key]?.trim() ?? ""]));
    await withDeadline(15_000, (signal) => accounts.trial(channel.id, id, trimmed).identify(signal));
    for (const [key, value] of Object.entries(trimmed)) secrets.set(accounts.secretName(channel.id, id, key), value, "typed");
    store.forget(channel.id, id);
    this.deps.patchAccount(channel.id, id, { enabled: true }, by);
    await this.deps.tend();
    return accountRow(accounts.need(channel.id, id), this.deps);
  }

  async logout(ref: AccountRef) {
    const { accounts, secrets, store } = this.deps;
    const live = accounts.need(ref.channel, ref.accountId);
    if (!live.configured) return false;
    await accounts.release(live);
    for (const { key } of live.channel.secrets) secrets.delete(accounts.secretName(live.channel.id, live.id, key));
    store.forget(live.channel.id, live.id);
    await this.deps.tend();
    return true;
  }

  async setEnabled(ref: AccountRef, enabled: boolean, by: string) {
    const live = this.deps.accounts.need(ref.channel, ref.accountId);
    if (!enabled && live.configured) await this.deps.accounts.release(live);
    this.deps.patchAccount(live.channel.id, live.id, { enabled }, by);
    await this.deps.tend();
    return accountRow(this.deps.accounts.need(ref.channel, ref.accountId), this.deps);
  }

  async sendTest(ref: AccountRef, to?: string) {
    const text = `This is a test message of ${this.deps.assistantName()}. If you can read it, the channel works.`;
    return this.send(ref, this.recipient(ref, to), text, `test:${createId("t", this.deps.clock.now())}`, "test");
  }

  notify(ref: AccountRef, text: string, options: { chatId?: string; threadId?: string; key?: string } = {}) {
    const thread = options.threadId === undefined ? {} : { threadId: options.threadId };
    const place = { ...this.recipient(ref, options.chatId), ...thread };
    return this.send(ref, place, text, `notify:${options.key ?? createId("n", this.deps.clock.now())}`, "notice");
  }

  pairings() {
    return this.deps.pairings.list().map(({ chatId: _hidden, ...request }) => request);
  }

  approvePairing(reference: string, role: "owner" | "guest", by: string) {
    const request = this.deps.pairings.decide(reference, "approved");
    const { channel, accountId, senderId, name, username, chatId } = request;
    this.deps.senders.setRole(channel, accountId, { id: senderId, name, username, chatId }, { role, source: "pairing", by });
    const text = role === "owner" ? "You are linked as my owner. Write to me." : "You may write to me now.";
    this.send({ channel, accountId }, { chatId, chatKind: "direct" }, text, `pairing:${request.id}:yes`, "notice");
    this.deps.onChange();
    return this.sender(this.deps.accounts.need(channel, accountId), senderId);
  }

  dismissPairing(reference: string) {
    const { chatId: _hidden, ...request } = this.deps.pairings.decide(reference, "dismissed");
    this.deps.onChange();
    return request;
  }

  senders(filter: Parameters<Channels["senders"]>[0]) {
    return this.deps.accounts
      .all()
      .filter((live) => filter.channel === undefined || live.channel.id === filter.channel)
      .filter((live) => filter.accountId === undefined || live.id === filter.accountId)
      .flatMap((live) => this.deps.senders.list(live.channel.id, live.id, live.settings));
  }

  setSender(ref: AccountRef, senderId: string, role: Parameters<Channels["setSender"]>[2], by: string) {
    const live = this.deps.accounts.need(ref.channel, ref.accountId);
    this.deps.senders.setRole(live.channel.id, live.id, { id: senderId }, { role, source: "person", by });
    this.deps.onChange();
    return this.sender(live, senderId);
  }

  removeSender(ref: AccountRef, senderId: string) {
    const live = this.deps.accounts.need(ref.channel, ref.accountId);
    const removed = this.deps.senders.remove(live.channel.id, live.id, senderId);
    if (removed) this.deps.onChange();
    return removed;
  }

  messages(page: Parameters<Channels["messages"]>[0]) {
    const found = this.deps.messages.page(page);
    const sendsOf = (runId: string | null) => (runId === null ? [] : this.deps.sends.ofRun(runId).map(sendRow));
    return {
      messages: found.messages.map((row) => messageRow(row, sendsOf(row.answered_run ?? row.run_id))),
      hasMore: found.hasMore,
    };
  }

  sends(page: Parameters<Channels["sends"]>[0]) {
    const found = this.deps.sends.page(page);
    return { sends: found.sends.map(sendRow), hasMore: found.hasMore };
  }

  retrySend(id: string) {
    this.needSend(id);
    if (!this.deps.sends.retry(id)) throw notOver();
    this.deps.pump();
    return sendRow(this.needSend(id));
  }

  discardSend(id: string) {
    this.needSend(id);
    if (!this.deps.sends.discard(id)) throw notOver();
    return sendRow(this.needSend(id));
  }

  private sender(live: LiveAccount, senderId: string) {
    const row = this.deps.senders.list(live.channel.id, live.id, live.settings).find((one) => one.senderId === senderId);
    return row ?? missing();
  }

  private send(ref: AccountRef, place: Place, text: string, key: string, kind: "notice" | "test"): ChannelSendRow {
    const live = this.deps.accounts.need(ref.channel, ref.accountId);
    const id = this.deps.sends.prepare({ channel: ref.channel, account: live.id, place, kind, key, body: { markdown: text } });
    this.deps.pump();
    return sendRow(this.needSend(id));
  }

  /** Where something unasked goes: the chat that is named, else the owner's own. */
  private recipient(ref: AccountRef, chatId?: string): Place {
    const live = this.deps.accounts.need(ref.channel, ref.accountId);
    const id = chatId ?? this.deps.senders.ownerChats(ref.channel, live.id, live.settings)[0];
    if (id === undefined) throw new MoltError("CHANNEL_NO_RECIPIENT");
    return { chatId: id, chatKind: live.settings.groups[id] !== undefined ? "group" : "direct" };
  }

  private needSend(id: string): StoredSend {
    const send = this.deps.sends.get(id);
    if (send) return send;
    throw new MoltError("NOT_FOUND", { message: "there is no such message to send" });
  }
}

function missing(): never {
  throw new MoltError("INTERNAL", { message: "a row that was just written is gone" });
}

const notOver = () =>
  new MoltError("CONFLICT", { message: "this is neither dead nor unknown", hint: "It is being sent, or was sent; look again." });
