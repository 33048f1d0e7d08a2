/**
 * From a row of the message log to work: commands and buttons are done here, everything else becomes a run. A cut anywhere
 * leaves the row as received; done again it comes to the same, since the run's id is made from the update's.
 */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { LogPart } from "../agent/log-entry.ts";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import { createId } from "../platform/id.ts";
import type { Log } from "../platform/log.ts";
import type { Runner } from "../runs/runner.ts";
import type { Inbox } from "../sessions/inbox.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { InboundEvent, InboundFile, InboundPress, InboundText } from "./channel.ts";
import { type CommandDependencies, runCommand } from "./commands.ts";
import { conversationOf, type DmScope } from "./conversation.ts";
import { type MessageLog, placeOf, type StoredMessage } from "./message-log.ts";
import type { ReceivingAccount } from "./receive.ts";
import { senderPrincipal } from "./senders.ts";

interface Dependencies {
  clock: Clock;
  log: Log;
  messages: MessageLog;
  inbox: Inbox;
  runner: Runner;
  blobs: Blobs;
  commands: CommandDependencies;
  account(channel: string, account: string): ReceivingAccount | undefined;
  scope(): { dmScope: DmScope; identityLinks: Record<string, string[]> };
  onPress(row: StoredMessage, press: InboundPress): Promise<string | undefined>;
  /** Says something in the row's chat; once for each `key`. */
  say(row: StoredMessage, key: string, reply: ReplyToSay): void;
  /** The message was taken: an eye on it, typing shows. */
  onTaken(row: StoredMessage, busy: boolean): void;
  /** How many more rows may be taken now, and when to ask again if that is none. */
  mayTake(): { rows: number; againInMs?: number };
  schedule(dueAt: number): void;
}

export interface ReplyToSay {
  text: string;
  buttons?: NonNullable<ReturnType<typeof runCommand>>["buttons"];
}

export interface Intake {
  /** Works on every row that is due. */
  drain(): void;
  /** The same, in a turn of the event loop of its own. */
  later(ms: number): void;
}

const imageTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const tryLimit = 6;
const batch = 50;
/** When no more than this many rows are in hand, the next ones are fetched. */
const lowWater = 25;

export function createIntake(deps: Dependencies): Intake {
  /** Chat → its row in progress, so that one chat's messages stay in order. */
  const chats = new Map<string, Promise<void>>();
  const taken = new Set<string>();

  function drain(): void {
    const { rows: most, againInMs } = deps.mayTake();
    if (againInMs !== undefined) later(againInMs);
    let left = most;
    for (const row of most > 0 ? deps.messages.due(Math.min(batch, taken.size + most)) : []) {
      if (taken.has(row.id)) continue;
      const account = deps.account(row.channel, row.account);
      if (!account) continue;
      left -= 1;
      taken.add(row.id);
      const chat = `${row.channel}|${row.account}|${row.chat_id}`;
      const before = chats.get(chat);
      const work = () => handle(row.id, account).finally(() => taken.delete(row.id));
      const turn = before ? before.then(work) : work();
      chats.set(chat, turn);
      void turn.finally(() => {
        if (chats.get(chat) === turn) chats.delete(chat);
        if (taken.size <= lowWater) later(0);
      });
      if (left === 0) break;
    }
    const next = deps.messages.nextDueAt();
    if (next !== undefined) deps.schedule(next);
  }

  /** Once, however often it is asked for. */
  function later(ms: number): void {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      drain();
    }, ms);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function handle(id: string, account: ReceivingAccount): Promise<void> {
    const row = deps.messages.get(id);
    // Settled with its album meanwhile.
    if (row?.fate !== "received" || row.event === null) return;
    try {
      const event = JSON.parse(row.event) as InboundEvent;
      if (event.kind === "press") {
        const refused = await deps.onPress(row, event);
        deps.messages.settle(row.id, refused === undefined ? "handled" : "refused", refused);
      } else if (event.kind === "message") await handleText(row, event, account);
    } catch (thrown) {
      giveUpOrPostpone(row, thrown);
    }
  }

  function giveUpOrPostpone(row: StoredMessage, thrown: unknown): void {
    const error = moltErrorFrom(thrown);
    deps.log.warn("channel.message.failed", { messageId: row.id, code: error.code, error: error.cause ?? error.message });
    if (error.retryable && error.code !== "INTERNAL" && row.tries + 1 < tryLimit) {
      deps.messages.postpone(row.id, deps.clock.now() + (error.retryAfterMs ?? 2_000 * 2 ** row.tries));
      return;
    }
    deps.messages.settle(row.id, error.code === "SUSPENDED" || error.code === "FORBIDDEN" ? "refused" : "failed", error.message);
    deps.say(row, "failed", { text: `⚠️ ${error.message}. ${error.hint}` });
  }

  async function handleText(row: StoredMessage, event: InboundText, account: ReceivingAccount): Promise<void> {
    const role = row.role ?? "guest";
    const sessionKey = conversationOf({
      channel: row.channel,
      account: row.account,
      place: placeOf(row),
      formerChatId: account.settings.groups[row.chat_id]?.formerId,
      senderId: row.sender_id,
      role,
      ...deps.scope(),
    });
    if (event.command && !event.edited) {
      const principal = senderPrincipal(row.channel, row.account, row.sender_id, role);
      const { chatId, chatKind } = event.place;
      const reply = runCommand(
        { ...event.command, sessionKey, principal, chatKind, chatId, senderId: row.sender_id },
        deps.commands,
      );
      if (reply) {
        deps.say(row, "command", reply);
        return deps.messages.settle(row.id, reply.refused ? "refused" : "handled", reply.refused);
      }
    }
    const album = row.album === null ? [row] : deps.messages.album(row);
    const events = album.flatMap((part) => (part.event === null ? [] : [JSON.parse(part.event) as InboundText]));
    const content = await contentOf(events, account);
    if (content.length === 0) return deps.messages.settle(row.id, "ignored", "There was nothing in it that can be read.");
    if (event.edited && replaceWaiting(row, content)) return;
    accept(row, event, { album, content, sessionKey, account, role });
  }

  function accept(
    row: StoredMessage,
    event: InboundText,
    work: { album: StoredMessage[]; content: LogPart[]; sessionKey: string; account: ReceivingAccount; role: "owner" | "guest" },
  ): void {
    const { album, sessionKey, account, content } = work;
    const shared = event.place.chatKind !== "direct";
    // Where everyone is heard nobody acts as the owner, the owner neither: the answer is read by all.
    const ownersOnly = account.settings.groups[event.place.chatId]?.audience === "owner";
    const role = shared && !ownersOnly ? "guest" : work.role;
    const principal = senderPrincipal(row.channel, row.account, row.sender_id, role);
    deps.commands.authorize(principal, "channel.message");
    const outside = role === "guest" ? `${event.sender.name.slice(0, 60)} on ${account.channel.label}` : event.forwardedFrom;
    const runId = `run_${row.channel}_${row.account}_${row.update_id}`;
    const busy = deps.runner.inFlight(sessionKey) !== undefined;
    deps.runner.accept({
      dedupeKey: `channel:${row.channel}:${row.account}:${row.update_id}`,
      sessionKey,
      runId,
      channel: row.channel,
      principal,
      content: [...prefixOf(event, shared), ...content],
      // Two people's words must not share one run: it acts for one of them.
      queueMode: shared ? "followup" : account.settings.queueMode,
      ...(outside === undefined ? {} : { outsideFrom: outside }),
    });
    for (const part of album) deps.messages.queued(part.id, { sessionKey, runId });
    deps.onTaken(row, busy);
  }

  /** An edited message that no run has read yet is simply the new one. */
  function replaceWaiting(row: StoredMessage, content: LogPart[]): boolean {
    const earlier = deps.messages.earlierVersion(row);
    if (!earlier?.run_id) return false;
    const dedupeKey = `channel:${earlier.channel}:${earlier.account}:${earlier.update_id}`;
    if (!deps.inbox.replaceWaiting(dedupeKey, content)) return false;
    deps.messages.settle(row.id, "handled", "The earlier version was waiting and was replaced.");
    return true;
  }

  async function contentOf(events: readonly InboundText[], account: ReceivingAccount): Promise<LogPart[]> {
    const parts: LogPart[] = [];
    for (const event of events) {
      if (event.text.trim() !== "")
        parts.push({ type: "text", text: event.edited ? `(Edited message) ${event.text}` : event.text });
      for (const file of event.files) parts.push(await partOf(file, account));
    }
    return parts;
  }

  async function partOf(file: InboundFile, account: ReceivingAccount): Promise<LogPart> {
    const limit = account.channel.traits.downloadBytes;
    const say = (why: string): LogPart => ({ type: "text", text: `[The ${file.kind} "${file.fileName}" ${why}]` });
    const { download } = account.calls;
    if (!download) return say("cannot be read on this channel.");
    if ((file.sizeBytes ?? 0) > limit)
      return say(`is larger than ${Math.floor(limit / 1_000_000)} MB, which is all that can be taken in here.`);
    try {
      const bytes = await withDeadline(60_000, (signal) => download(file, signal));
      const blobId = createId("blob");
      await deps.blobs.put(blobId, bytes, file.mimeType);
      return {
        type: imageTypes.has(file.mimeType) ? "image" : "file",
        blobId,
        mimeType: file.mimeType,
        fileName: file.fileName,
        sizeBytes: bytes.byteLength,
      };
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      if (error.retryable && error.code !== "INTERNAL") throw error;
      return say(`could not be fetched: ${error.message}.`);
    }
  }

  return { drain, later };
}

/** Who speaks where several do, what it answers, whose words it passes on. */
function prefixOf(event: InboundText, shared: boolean): LogPart[] {
  const lines = [
    ...(shared ? [`${event.sender.name}${event.chatName ? ` in "${event.chatName}"` : ""}:`] : []),
    ...(event.quoted ? [`In answer to: > ${event.quoted.slice(0, 500).replaceAll("\n", "\n> ")}`] : []),
    ...(event.forwardedFrom ? [`Forwarded from ${event.forwardedFrom}:`] : []),
  ];
  return lines.length > 0 ? [{ type: "text", text: lines.join("\n") }] : [];
}
