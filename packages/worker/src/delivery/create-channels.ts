/** Puts the parts of channels together, and answers what is asked of them (`channels.ts`). */

import { MoltError } from "@moltworker/protocol/errors";
import type { EventMap, EventName } from "@moltworker/protocol/events";
import type { ChannelAccountSettings } from "../config/sections/channels.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { Approvals } from "../runs/approvals.ts";
import type { RunStore } from "../runs/run-store.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Inbox } from "../sessions/inbox.ts";
import type { Transcript } from "../sessions/transcript.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Workspace } from "../storage/workspace.ts";
import { type Acceptance, createAcceptance } from "./acceptance.ts";
import { type AccountStore, createAccountStore } from "./account-store.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type Answers, createAnswers } from "./answers.ts";
import { type Buttons, createButtons } from "./buttons.ts";
import type { Channel } from "./channel.ts";
import { createChannelService } from "./channel-service.ts";
import type { Channels } from "./channels.ts";
import type { CommandDependencies } from "./commands.ts";
import type { DmScope } from "./conversation.ts";
import { type Courtesy, createCourtesy } from "./courtesy.ts";
import { createDelivery, type Delivery } from "./deliver.ts";
import { createDesk, type Desk, type OwnerChat } from "./desk.ts";
import { createIntake, type Intake } from "./intake.ts";
import type { OpenAccount } from "./live-account.ts";
import { createMessageLog, type MessageLog, placeOf, type StoredMessage } from "./message-log.ts";
import { movedGroup } from "./moved-group.ts";
import { type ChannelPairings, createChannelPairings } from "./pairings.ts";
import { createReceive, type Receive } from "./receive.ts";
import { createSenders, type Senders } from "./senders.ts";
import { createSends, laneOf, placeOfSend, type Sends } from "./sends.ts";
import { createTyping } from "./typing.ts";
import { createWorkAlarm, type WorkAlarm } from "./work-alarm.ts";

export interface ChannelSettings {
  publicUrl: string | null;
  dmScope: DmScope;
  identityLinks: Record<string, string[]>;
  accounts: Record<string, Record<string, ChannelAccountSettings>>;
}

export interface ChannelsDependencies {
  channels: readonly Channel[];
  db: Database;
  clock: Clock;
  log: Log;
  egress: Egress;
  secrets: Secrets;
  settings(): ChannelSettings;
  patchAccount(channel: string, account: string, change: Record<string, unknown>, by: string): void;
  seenOrigin(): string | undefined;
  blobs: Blobs;
  workspace: Workspace;
  inbox: Inbox;
  transcript: Transcript;
  store: RunStore;
  runner: Runner;
  approvals: Approvals;
  commands: Omit<CommandDependencies, "approvePairing" | "runner">;
  publish(event: "channels.changed", payload: EventMap["channels.changed"]): void;
  schedule(timer: "channels.work" | "channels.watch", dueAt: number): void;
}

export interface ChannelEngine {
  service: Channels;
  /** What runs announce. */
  onEvent<Name extends EventName>(event: Name, payload: EventMap[Name]): void;
  /** A webhook call; 404 for everything that is not an account's own path. */
  webhook(channel: string, account: string, request: Request): Promise<Response>;
  /** Settings or secrets changed. */
  reload(): void;
  work(): void;
  watch(): Promise<void>;
  /** Takes up what an earlier life left. */
  wake(): void;
}

/** While calls are in the air the object is woken at least this often. */
const heartbeatMs = 20_000;
const pruneMs = 3_600_000;
/** How exactly it is kept when something came in last. */
const inboundStepMs = 1_000;
const watchWaitMs = 2_000;
const watchAgainMs = 300_000;

export function createChannels(deps: ChannelsDependencies): ChannelEngine {
  return new ChannelsEngine(deps);
}

/** The stores and engines of channels, each made from those above it; what refers back does so by a call. */
class ChannelsEngine implements ChannelEngine {
  readonly service: Channels;
  private readonly deps: ChannelsDependencies;
  private readonly messages: MessageLog;
  private readonly sends: Sends;
  private readonly senders: Senders;
  private readonly pairings: ChannelPairings;
  private readonly buttons: Buttons;
  private readonly store: AccountStore;
  private readonly receive: Receive;
  private readonly accounts: Accounts;
  private readonly delivery: Delivery;
  private readonly answers: Answers;
  private readonly typing: ReturnType<typeof createTyping>;
  private readonly desk: Desk;
  private readonly intake: Intake;
  private readonly courtesy: Courtesy;
  private readonly acceptance: Acceptance;
  private prunedAt = 0;
  private readonly workAlarm: WorkAlarm;

  constructor(deps: ChannelsDependencies) {
    const { db, clock } = deps;
    this.deps = deps;
    this.acceptance = createAcceptance(clock);
    this.workAlarm = createWorkAlarm((dueAt) => deps.schedule("channels.work", dueAt));
    this.messages = createMessageLog(db, clock);
    this.sends = createSends(db, clock);
    this.senders = createSenders(db, clock);
    this.pairings = createChannelPairings(db, clock);
    this.buttons = createButtons(db, clock, (channel, account, chatId) => this.formerChat(channel, account, chatId));
    this.store = createAccountStore(db);
    this.receive = this.makeReceive();
    this.accounts = createAccounts({ ...deps, store: this.store, receive: this.receive, onChange: () => this.announce() });
    this.delivery = this.makeDelivery();
    this.answers = this.makeAnswers();
    this.courtesy = createCourtesy({ ...deps, delivery: this.delivery, open: (channel, account) => this.open(channel, account) });
    this.typing = createTyping({
      messages: this.messages,
      open: (channel, account) => this.open(channel, account),
      pay: this.courtesy,
    });
    this.service = this.makeService();
    const commands: CommandDependencies = {
      ...deps.commands,
      runner: deps.runner,
      approvePairing: (code, by) => nameOf(this.service.approvePairing(code, "guest", by.id)),
    };
    this.desk = this.makeDesk(commands);
    this.intake = this.makeIntake(commands);
  }

  onEvent<Name extends EventName>(event: Name, payload: EventMap[Name]): void {
    if (event === "chat") {
      const chat = payload as EventMap["chat"];
      this.answers.onChat(chat);
      this.typing.onChat(chat);
    } else if (event === "exec.approval.requested") this.desk.onApprovalRequested(payload as EventMap["exec.approval.requested"]);
    else if (event === "exec.approval.resolved") this.desk.onApprovalResolved(payload as EventMap["exec.approval.resolved"]);
  }

  async webhook(channel: string, account: string, request: Request): Promise<Response> {
    const live = this.accounts.get(channel, account);
    const { webhook } = live?.calls ?? {};
    if (!live?.configured || !live.settings.enabled || !webhook)
      throw new MoltError("NOT_FOUND", { message: "there is no such route" });
    return this.acceptance.during(async () => {
      const { updates, response } = await webhook.receive(request);
      // Not proved yet, so it is not known which mentions mean us: the provider delivers again in a moment.
      if (!live.self) throw new MoltError("UNAVAILABLE");
      this.receive({ ...live, self: live.self }, updates);
      return response ?? new Response("ok");
    });
  }

  reload(): void {
    this.accounts.reload();
    this.deps.schedule("channels.watch", this.deps.clock.now());
  }

  work(): void {
    this.workAlarm.fired();
    this.intake.drain();
    this.answers.settle();
    this.delivery.pump();
    if (this.delivery.busy) this.schedule(this.deps.clock.now() + heartbeatMs);
  }

  async watch(): Promise<void> {
    // Kept alive by the next one, should this life end while a provider is waited for.
    if (this.accounts.nextWatchAt() !== undefined) this.deps.schedule("channels.watch", this.deps.clock.now() + watchAgainMs);
    const enough = new AbortController();
    // The one alarm has other work: a provider that does not answer is waited for beside it.
    await Promise.race([this.lookAfter(), this.deps.clock.sleep(watchWaitMs, enough.signal).catch(() => {})]);
    enough.abort();
  }

  private async lookAfter(): Promise<void> {
    await this.accounts.watch();
    const next = this.accounts.nextWatchAt();
    if (next !== undefined) this.deps.schedule("channels.watch", next);
    this.prune();
    this.work();
  }

  private prune(): void {
    const now = this.deps.clock.now();
    if (now - this.prunedAt < pruneMs) return;
    this.prunedAt = now;
    this.messages.prune();
    this.sends.prune();
    this.buttons.prune();
  }

  wake(): void {
    this.accounts.reload();
    this.delivery.resume();
    this.work();
    if (this.accounts.all().length > 0) this.deps.schedule("channels.watch", this.deps.clock.now());
  }

  private announce(): void {
    this.deps.publish("channels.changed", { ts: this.deps.clock.now() });
  }

  private schedule(dueAt: number): void {
    this.workAlarm.want(dueAt);
  }

  /** undefined while it cannot send. */
  private open(channel: string, account: string): OpenAccount | undefined {
    const live = this.accounts.get(channel, account);
    if (!live?.configured || !live.settings.enabled || live.error?.code === "CHANNEL_TOKEN_REJECTED") return undefined;
    return { id: live.id, channel, traits: live.channel.traits, calls: live.calls };
  }

  private makeReceive(): Receive {
    return createReceive({
      ...this.deps,
      messages: this.messages,
      senders: this.senders,
      pairings: this.pairings,
      settings: (channel, account) => this.accounts.get(channel, account)?.settings,
      onPairing: (request) => {
        this.desk.onPairing(request);
        this.announce();
      },
      onMoved: (channel, account, from, to) => this.moved(channel, account, from, to),
      onInbound: (channel, account, work) => {
        const now = this.deps.clock.now();
        const known = this.store.get(channel, account)?.last_inbound_at ?? 0;
        if (now - known >= inboundStepMs) this.store.set(channel, account, { last_inbound_at: now });
        if (!work) return;
        this.schedule(now + heartbeatMs);
        // The rows' commit and the answer to the provider go first.
        this.intake.later(0);
      },
    });
  }

  private makeDelivery(): Delivery {
    return createDelivery({
      sends: this.sends,
      clock: this.deps.clock,
      log: this.deps.log,
      open: (channel, account) => this.open(channel, account),
      file: (path) => this.deps.workspace.read(path) as Uint8Array<ArrayBuffer> | undefined,
      placeholder: (send) => this.answers.placeholder(send),
      onSettled: (send) => {
        if (send.state === "confirmed") this.store.set(send.channel, send.account, { last_outbound_at: this.deps.clock.now() });
        else this.announce();
        this.answers.onSettled(send);
      },
      onClaimed: (send) => this.answers.onClaimed(send),
      onMoved: (channel, account, from, to) => this.moved(channel, account, from, to),
      onTrouble: (channel, account, error) => this.accounts.trouble(channel, account, error),
      schedule: (dueAt) => this.schedule(dueAt),
    });
  }

  private makeAnswers(): Answers {
    return createAnswers({
      ...this.deps,
      messages: this.messages,
      sends: this.sends,
      delivery: this.delivery,
      open: (channel, account) => this.open(channel, account),
      streaming: (channel, account) => this.accounts.get(channel, account)?.settings.streaming !== false,
      isFile: (path) => isFile(this.deps.workspace, path),
    });
  }

  private makeService(): Channels {
    return createChannelService({
      ...this.deps,
      accounts: this.accounts,
      store: this.store,
      messages: this.messages,
      sends: this.sends,
      senders: this.senders,
      pairings: this.pairings,
      assistantName: this.deps.commands.assistantName,
      tend: async () => {
        this.accounts.reload();
        await this.lookAfter();
      },
      pump: () => {
        this.schedule(this.deps.clock.now() + heartbeatMs);
        this.delivery.pump();
      },
      onChange: () => this.announce(),
    });
  }

  private makeDesk(commands: CommandDependencies): Desk {
    const { service } = this;
    return createDesk({
      sends: this.sends,
      messages: this.messages,
      buttons: this.buttons,
      approvals: this.deps.approvals,
      runner: this.deps.runner,
      commands,
      ownerChats: (channel, account) => this.ownerChats(channel, account),
      pairing: (requestId, allow, role, by) =>
        allow
          ? `${nameOf(service.approvePairing(requestId, role, by.id))} may write now.`
          : `${service.dismissPairing(requestId, by.id).name} was not let in.`,
      acknowledge: (row, pressId, text) => {
        this.courtesy(row, (calls, signal) => calls.answerPress?.(pressId, text, signal));
      },
      rewrite: (send, markdown) => {
        const { receipt } = send;
        if (receipt === null) return;
        this.courtesy(send, (calls, signal) => calls.edit?.(placeOfSend(send), receipt, { markdown }, signal), {
          lane: send.lane,
          keeps: "late",
        });
      },
      pump: (lane) => this.delivery.pump(lane),
    });
  }

  private makeIntake(commands: CommandDependencies): Intake {
    return createIntake({
      ...this.deps,
      messages: this.messages,
      commands,
      account: (channel, account) => {
        const live = this.accounts.get(channel, account);
        return live?.self ? { ...live, self: live.self } : undefined;
      },
      scope: () => this.deps.settings(),
      onPress: (row, press) => this.desk.onPress(row, press),
      say: (row, key, reply) => this.desk.say(row, key, reply),
      onTaken: (row, busy) => this.acknowledgeTaken(row, busy),
      mayTake: () => this.acceptance.mayTake(),
      schedule: (dueAt) => this.schedule(dueAt),
    });
  }

  private moved(channel: string, account: string, from: string, to: string): void {
    const live = this.accounts.get(channel, account);
    const change = live && movedGroup(live.settings, from, to);
    if (change) this.deps.patchAccount(channel, account, change, `channel:${channel}`);
  }

  private formerChat(channel: string, account: string, chatId: string): string | undefined {
    return this.accounts.get(channel, account)?.settings.groups[chatId]?.formerId;
  }

  private ownerChats(channel: string, account: string): OwnerChat[] {
    const live = this.accounts.get(channel, account);
    if (!live) return [];
    const chats = this.senders.ownerChats(channel, account, live.settings);
    return chats.map((chatId) => ({ channel, account, place: { chatId, chatKind: "direct" as const } }));
  }

  private acknowledgeTaken(row: StoredMessage, busy: boolean): void {
    const live = this.accounts.get(row.channel, row.account);
    const { message_id: messageId } = row;
    if (!live?.channel.traits.reactions || messageId === null) return;
    const { ackReaction } = live.settings;
    const wanted = ackReaction === "all" || (ackReaction === "groups" && (row.chat_kind !== "direct" || busy));
    const lane = laneOf(row.channel, row.account, row.chat_id);
    if (wanted)
      this.courtesy(row, (calls, signal) => calls.react?.(placeOf(row), messageId, "👀", signal), { lane, keeps: "turn" });
  }
}

const nameOf = (row: { name: string; senderId: string }) => row.name || row.senderId;

function isFile(workspace: Workspace, path: string): boolean {
  try {
    return workspace.stat(path) !== undefined;
  } catch {
    return false;
  }
}
