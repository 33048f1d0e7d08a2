import { MoltError } from "@moltworker/protocol/errors";
import { thinkingLevels } from "@moltworker/protocol/rows";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { contentFromInput } from "../sessions/inbound-content.ts";
import { chatDedupeKey } from "../sessions/inbox.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

const attachment = z.looseObject({
  type: z.string().max(100).optional(),
  mimeType: z.string().min(1).max(200),
  fileName: z.string().min(1).max(300),
  content: z.string(),
});

/** Takes a message in. The answer leaves after the row is on disk; the same key again changes nothing. */
export const chatSend = defineMethod<"chat.send">({
  name: "chat.send",
  scope: "operator.write",
  params: () =>
    z.looseObject({
      sessionKey: z.string(),
      message: z.string(),
      idempotencyKey: z.string().min(1).max(200),
      agentId: z.string().optional(),
      sessionId: z.string().optional(),
      thinking: z.string().optional(),
      deliver: z.boolean().optional(),
      attachments: z.array(attachment).max(20).optional(),
      timeoutMs: z.int().min(0).optional(),
      queueMode: z.enum(["steer", "followup", "collect", "interrupt"]).optional(),
      replaceFromMessageId: z.string().optional(),
    }),
  async handle(params, { runner, blobs }, { principal }) {
    const sessionKey = resolveSessionKey(params.sessionKey);
    const content = await contentFromInput(params.message, params.attachments ?? [], blobs);
    if (content.length === 0)
      throw new MoltError("INVALID_REQUEST", { message: "the message is empty", hint: "Write something or attach a file." });
    const thinking = thinkingLevels.find((level) => level === params.thinking);
    return runner.accept(
      {
        dedupeKey: chatDedupeKey(params.idempotencyKey),
        sessionKey,
        runId: params.idempotencyKey,
        channel: "webchat",
        principal,
        content,
        queueMode: params.queueMode ?? "steer",
      },
      {
        thinking: thinking ?? null,
        deadlineMs: params.timeoutMs ? params.timeoutMs : null,
        ...(params.replaceFromMessageId ? { replaceFromMessageId: params.replaceFromMessageId } : {}),
      },
    );
  },
});
