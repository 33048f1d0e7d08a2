/**
 * From a run to what its chats are sent. While it streams, a placeholder row and paced edits; at its end, one commit turns the
 * answer into rows. What is owed is read from rows alone (messages whose run has ended), so a cut anywhere is made good.
 */

import type { WireError } from "@moltworker/protocol/errors";
import type { ChatEvent } from "@moltworker/protocol/events";
import type { Principal } from "../auth/principal.ts";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { RunStore, StoredRun } from "../runs/run-store.ts";
import { type Transcript, textOf } from "../sessions/transcript.ts";
import type { Database } from "../storage/database.ts";
import type { Delivery } from "./deliver.ts";
import { fileTypeOf, takeFiles } from "./files.ts";
import type { OpenAccount } from "./live-account.ts";
import { type MessageLog, placeOf, type StoredMessage } from "./message-log.ts";
import { laneOf, placeOfSend, type SendBody, type Sends, type StoredSend } from "./sends.ts";
import { splitMarkdown } from "./split.ts";

interface Dependencies {
  db: Database;
  clock: Clock;
  messages: MessageLog;
  sends: Sends;
  store: RunStore;
  transcript: Transcript;
  delivery: Delivery;
  open(channel: string, account: string): OpenAccount | undefined;
  streaming(channel: string, account: string): boolean;
  isFile(path: string): boolean;
}

export interface Answers {
  /** Follows a run while it lives. */
  onChat(event: ChatEvent): void;
  /** Makes rows of every answer that is owed. */
  settle(): void;
  /** What a placeholder shows: never so much that a doubled one could pass for the answer. */
  placeholder(send: StoredSend): string;
  onClaimed(send: StoredSend): void;
  /** The fate of a run's messages, once all its sends are over. */
  onSettled(send: StoredSend): void;
}

interface Stream {
  text: string;
  /** Chats in which it streams. */
  targets: number;
  shown: string;
  shownAt: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

const emptyAnswer = "(The model answered without a word.)";
const cursor = " ▍";

export function createAnswers(deps: Dependencies): Answers {
  const streams = new Map<string, Stream>();

  function onDelta(runId: string, text: string): void {
    const known = streams.get(runId);
    if (known) {
      known.text = text;
      return known.targets > 0 ? showSoon(runId) : undefined;
    }
    const targets = targetsOf(deps.messages.ofRun(runId)).filter(
      // Where a message cannot be changed, there is nothing to claim: the answer is sent once it is whole.
      ({ row }) => deps.streaming(row.channel, row.account) && deps.open(row.channel, row.account)?.traits.edits === true,
    );
    // Remembered for runs of nobody here too: each has many deltas.
    streams.set(runId, { text, targets: targets.length, shown: "", shownAt: deps.clock.now() });
    if (targets.length === 0) return;
    for (const { row, replyTo } of targets) {
      prepareFirst(runId, row, replyTo);
      deps.delivery.pump(laneOf(row.channel, row.account, row.chat_id));
    }
  }

  /** The row of the answer's first part. Made at the first word or at the end, whichever comes first. */
  function prepareFirst(runId: string, row: StoredMessage, replyTo: string | undefined, body?: SendBody): string {
    const id = deps.sends.prepare({
      channel: row.channel,
      account: row.account,
      place: placeOf(row),
      kind: "answer",
      key: keyOf(runId, row, 0),
      runId,
      sessionKey: row.session_key ?? "",
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(body ? { body } : {}),
    });
    if (body) deps.sends.setBody(id, body);
    return id;
  }

  function showSoon(runId: string): void {
    const stream = streams.get(runId);
    if (!stream || stream.timer !== undefined) return;
    const waiting = deps.sends.ofRun(runId).filter((send) => send.receipt !== null && send.body === null);
    if (waiting.length === 0) return;
    const paces = waiting.map((send) => deps.open(send.channel, send.account)?.traits.paceMs[placeOfSend(send).chatKind] ?? 0);
    const sinceMs = deps.clock.now() - stream.shownAt;
    const waitMs = Math.max(50, Math.max(...paces) - sinceMs, ...waiting.map((send) => deps.delivery.waitMs(send.lane)));
    stream.timer = setTimeout(() => {
      stream.timer = undefined;
      if (streams.get(runId) !== stream || stream.text === stream.shown) return;
      stream.shown = stream.text;
      stream.shownAt = deps.clock.now();
      for (const send of waiting) show(send, stream.text);
    }, waitMs);
  }

  function show(send: StoredSend, text: string): void {
    const account = deps.open(send.channel, send.account);
    if (!account?.calls.edit) return;
    const { calls, traits } = account;
    deps.delivery.inLane(send.lane, account, traits.paceMs[placeOfSend(send).chatKind], async () => {
      const now = deps.sends.get(send.id);
      // The answer itself is there by now, or the placeholder is gone: nothing older may be written over it.
      if (now?.state !== "prepared" || now.body !== null || now.receipt === null) return;
      const [first = ""] = splitMarkdown(text, traits.textUnits - cursor.length, (part) => calls.lengthOf?.(part) ?? part.length);
      const { receipt } = now;
      const content = { markdown: first + cursor };
      await withDeadline(15_000, (signal) => calls.edit?.(placeOfSend(send), receipt, content, signal));
    });
  }

  /** `runId`: only what is owed for that run. */
  function settle(runId?: string): void {
    const owed = Map.groupBy(deps.messages.owed(runId), (row) => row.host_run);
    for (const [hostId, rows] of owed) {
      const host = deps.store.get(hostId);
      if (!host) continue;
      const stream = streams.get(hostId);
      if (stream?.timer !== undefined) clearTimeout(stream.timer);
      streams.delete(hostId);
      const text = answerOf(host, deps.transcript);
      const targets = targetsOf(rows);
      deps.db.transaction(() => {
        for (const target of targets) prepareAnswer(host, target, text);
        for (const row of rows) deps.messages.markAnswered(row.id, hostId);
      });
      for (const { row } of targets) deps.delivery.pump(laneOf(row.channel, row.account, row.chat_id));
    }
  }

  function prepareAnswer(host: StoredRun, { row, replyTo }: Target, whole: string): void {
    const account = deps.open(row.channel, row.account);
    const limit = account?.traits.textUnits ?? 4_000;
    const lengthOf = account?.calls.lengthOf?.bind(account.calls) ?? ((text: string) => text.length);
    // Only the owner's own run may bring files of the workspace out.
    const { text, files } = isOwners(host) ? takeFiles(whole, deps.isFile) : { text: whole, files: [] };
    const parts = splitMarkdown(text, limit, lengthOf);
    if (parts.length === 0) parts.push(files.length > 0 ? "Here:" : emptyAnswer);
    prepareFirst(host.id, row, replyTo, { markdown: parts[0] ?? emptyAnswer });
    const base = {
      channel: row.channel,
      account: row.account,
      place: placeOf(row),
      runId: host.id,
      sessionKey: row.session_key ?? "",
    };
    for (const [index, markdown] of parts.entries())
      if (index > 0) deps.sends.prepare({ ...base, kind: "answer", key: keyOf(host.id, row, index), body: { markdown } });
    for (const [index, file] of files.entries()) {
      const fileName = file.path.split("/").at(-1) ?? file.path;
      const captionUnits = account?.traits.captionUnits ?? 1_000;
      deps.sends.prepare({
        ...base,
        kind: "file",
        key: `${keyOf(host.id, row, index)}:file`,
        body: {
          markdown: splitMarkdown(file.caption, captionUnits, lengthOf)[0] ?? "",
          file: { path: file.path, fileName, ...fileTypeOf(file.path) },
        },
      });
    }
  }

  return {
    onChat(event) {
      if (event.state === "delta") onDelta(event.runId, event.message.content[0].text);
      else if (event.state !== "status") {
        settle(event.runId);
        streams.delete(event.runId);
      }
    },
    settle: () => settle(),
    placeholder(send) {
      const text = streams.get(send.run_id)?.text ?? "";
      const [line = ""] = text.split("\n");
      return text.length > 120 && send.body === null ? `${line.slice(0, 60).toWellFormed()} …` : "…";
    },
    onClaimed: (send) => showSoon(send.run_id),
    onSettled(send) {
      if (send.run_id === "") return;
      const all = deps.sends.ofRun(send.run_id).filter((one) => one.kind === "answer" || one.kind === "file");
      if (all.some((one) => one.state === "prepared" || one.state === "attempted")) return;
      const lost = all.find((one) => one.state === "dead" || one.state === "unknown");
      for (const row of deps.messages.ofRun(send.run_id)) {
        if (row.answered_run === null) continue;
        if (lost) deps.messages.settle(row.id, "failed", lost.error ?? "The answer could not be delivered.");
        else settleByRun(row);
      }
    },
  };

  function settleByRun(row: StoredMessage): void {
    const run = deps.store.get(row.answered_run ?? "");
    if (run?.state === "failed") return deps.messages.settle(row.id, "failed", failureOf(run)?.message ?? "The run failed.");
    if (run?.state === "aborted") return deps.messages.settle(row.id, "answered", `It was stopped: ${run.stop_reason}.`);
    deps.messages.settle(row.id, "answered");
  }
}

interface Target {
  row: StoredMessage;
  replyTo: string | undefined;
}

/** One answer for each place that wrote to this run; in groups it answers the first message there. */
function targetsOf(rows: readonly StoredMessage[]): Target[] {
  const places = Map.groupBy(rows, (row) => `${laneOf(row.channel, row.account, row.chat_id)}|${row.thread_id ?? ""}`);
  return [...places.values()].flatMap(([row]) => {
    if (!row) return [];
    return [{ row, replyTo: row.chat_kind === "direct" ? undefined : (row.message_id ?? undefined) }];
  });
}

function keyOf(runId: string, row: StoredMessage, part: number): string {
  return `${runId}:${laneOf(row.channel, row.account, row.chat_id)}:${row.thread_id ?? ""}:${part}`;
}

function isOwners(run: StoredRun): boolean {
  const principal = JSON.parse(run.principal) as Principal;
  return principal.kind !== "channel" || principal.role === "owner";
}

const failureOf = (run: StoredRun) => (run.error ? (JSON.parse(run.error) as WireError) : undefined);

/** What people are told of a run that has ended; never nothing. */
function answerOf(run: StoredRun, transcript: Transcript): string {
  const own = transcript.ofRun(run.id);
  if (run.state === "failed") {
    const error = failureOf(run);
    return `⚠️ ${error?.message ?? "The run failed."}\n\n${error?.details.hint ?? ""}`.trim();
  }
  if (run.state === "aborted") {
    const partial = own.findLast(({ entry }) => entry.role === "assistant" && entry.stopReason === "aborted");
    return `${partial ? textOf(partial.entry) : ""}\n\n_(Stopped.)_`.trim();
  }
  const answer = own.find(({ id }) => id === run.answer_message_id);
  return (answer && textOf(answer.entry).trim()) || "";
}
