/** What a person does in a conversation: send, stop, retry, edit, decide an approval, read further back. */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { UserMessage } from "@moltworker/protocol/messages";
import { app, threadOf, updateThread } from "./app.ts";
import { filesOf } from "./files.ts";
import { loadThread, request } from "./gateway.ts";
import { notify, notifyError } from "./notices.ts";
import type { Outgoing, OutgoingFile } from "./state.ts";
import { mergeMessages, messagesBefore } from "./thread-messages.ts";
import { textOf } from "./turns.ts";

const earlierPage = 200;
/** Approvals whose answer is on its way: a key held down must not answer twice. */
const deciding = new Set<string>();

/** Shows the message at once, then hands it over. It is kept by the server before it answers; a cut in between is safe. */
export function sendMessage(key: string, text: string, files: OutgoingFile[] = [], replaceFromMessageId?: string): void {
  const thread = threadOf(app.get(), key);
  const own: Outgoing = {
    runId: crypto.randomUUID(),
    text,
    files,
    createdAt: Date.now(),
    state: "sending",
    queued: thread.run !== null && replaceFromMessageId === undefined,
    ...(replaceFromMessageId === undefined ? {} : { replaceFromMessageId }),
  };
  updateThread(key, (now) => ({
    ...now,
    load: now.load === "none" ? "loaded" : now.load,
    failure: null,
    messages: replaceFromMessageId === undefined ? now.messages : messagesBefore(now.messages, replaceFromMessageId),
    outgoing: [...now.outgoing.filter((other) => other.state !== "failed" || replaceFromMessageId === undefined), own],
  }));
  void deliver(key, own);
}

/** Sends the same message again under the same key, so that it can never be taken twice. */
export function sendAgain(key: string, runId: string): void {
  const own = threadOf(app.get(), key).outgoing.find((other) => other.runId === runId);
  if (!own) return;
  setOutgoing(key, runId, { state: "sending" });
  void deliver(key, own);
}

export function discardOutgoing(key: string, runId: string): void {
  updateThread(key, (thread) => ({ ...thread, outgoing: thread.outgoing.filter((own) => own.runId !== runId) }));
}

/** Asks the same question again; what followed it leaves the conversation. */
export async function retryFrom(key: string, message: UserMessage): Promise<void> {
  await editAndResend(key, message, textOf(message));
}

/** Rewinds to a message of the person and sends it in new words, with its files. */
export async function editAndResend(key: string, message: UserMessage, text: string): Promise<void> {
  try {
    const files = await filesOf(message);
    sendMessage(key, text, files, message.__openclaw.id);
  } catch (error) {
    notifyError(error);
  }
}

export async function stopRun(key: string): Promise<void> {
  try {
    const { aborted } = await request("chat.abort", { sessionKey: key }, { resend: true });
    if (!aborted) notify("Nothing was running.");
  } catch (error) {
    notifyError(error);
  }
}

export async function decide(id: string, decision: "allow-once" | "deny"): Promise<void> {
  if (deciding.has(id)) return;
  deciding.add(id);
  try {
    await request("exec.approval.resolve", { id, decision }, { resend: true });
    app.update((state) => ({ ...state, approvals: state.approvals.filter((approval) => approval.id !== id) }));
  } catch (error) {
    const cause = moltErrorFrom(error);
    if (cause.code === "APPROVAL_NOT_FOUND")
      app.update((state) => ({ ...state, approvals: state.approvals.filter((approval) => approval.id !== id) }));
    notifyError(cause);
  } finally {
    deciding.delete(id);
  }
}

export async function loadEarlier(key: string): Promise<void> {
  const thread = threadOf(app.get(), key);
  if (!thread.hasMore || thread.loadingEarlier || thread.load !== "loaded") return;
  updateThread(key, (now) => ({ ...now, loadingEarlier: true }));
  try {
    const page = await request(
      "chat.history",
      { sessionKey: key, limit: earlierPage, offset: thread.nextOffset },
      { resend: true },
    );
    updateThread(key, (now) => {
      const messages = mergeMessages(now.messages, page.messages);
      return { ...now, loadingEarlier: false, messages, hasMore: page.hasMore, nextOffset: page.nextOffset ?? messages.length };
    });
  } catch (error) {
    updateThread(key, (now) => ({ ...now, loadingEarlier: false }));
    notifyError(error);
  }
}

async function deliver(key: string, own: Outgoing): Promise<void> {
  try {
    await request(
      "chat.send",
      {
        sessionKey: key,
        message: own.text,
        idempotencyKey: own.runId,
        ...(own.files.length > 0
          ? {
              attachments: own.files.map((file) => ({
                type: kindOf(file),
                mimeType: file.mimeType,
                fileName: file.name,
                content: file.content,
              })),
            }
          : {}),
        ...(own.replaceFromMessageId === undefined ? {} : { replaceFromMessageId: own.replaceFromMessageId }),
      },
      { resend: true, timeoutMs: 120_000 },
    );
    setOutgoing(key, own.runId, { state: "accepted" });
  } catch (error) {
    setOutgoing(key, own.runId, { state: "failed", error: moltErrorFrom(error) });
    // What was taken off the page for the rewind is still there on the server.
    if (own.replaceFromMessageId !== undefined) void loadThread(key);
  }
}

function kindOf(file: OutgoingFile): "image" | "file" {
  return file.mimeType.startsWith("image/") ? "image" : "file";
}

function setOutgoing(key: string, runId: string, change: Partial<Outgoing>): void {
  updateThread(key, (thread) => ({
    ...thread,
    outgoing: thread.outgoing.map((own) => (own.runId === runId ? { ...own, ...change } : own)),
  }));
}
