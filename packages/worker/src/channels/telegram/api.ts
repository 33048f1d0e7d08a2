/** Calls of the Bot API, and what its refusals mean for the engine. The token is read at each call and goes into no log. */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { AccountLink } from "../../delivery/channel.ts";

export interface CallOptions {
  signal: AbortSignal;
  /** It puts something into a chat: when nobody answers, it may have happened. */
  sends?: boolean;
  /** Milliseconds until the answer begins. Default 20,000. */
  timeoutMs?: number;
}

export type BotParams = Record<string, unknown>;

export interface BotApi {
  call<Result>(method: string, params: BotParams, schema: z.ZodType<Result>, options: CallOptions): Promise<Result>;
  /** With a file; sent as a form. */
  upload<Result>(
    method: string,
    params: BotParams,
    file: { field: string; name: string; mimeType: string; bytes: Uint8Array<ArrayBuffer> },
    schema: z.ZodType<Result>,
    options: CallOptions,
  ): Promise<Result>;
  download(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

const answer = z.looseObject({
  ok: z.boolean(),
  result: z.unknown().optional(),
  error_code: z.number().optional(),
  description: z.string().optional(),
  parameters: z.looseObject({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});
type Answer = z.infer<typeof answer>;

export const officialBase = "https://api.telegram.org";
const answerBytes = 20_000_000;

export function createBotApi(link: AccountLink, apiBaseUrl: string): BotApi {
  const base = apiBaseUrl.replace(/\/+$/, "");
  // A server of the owner's own may be on this machine or its network.
  const named = base !== officialBase;

  async function ask<Result>(
    method: string,
    body: RequestInit,
    schema: z.ZodType<Result>,
    options: CallOptions,
  ): Promise<Result> {
    const url = `${base}/bot${link.secret("token")}/${method}`;
    let response: Response;
    let text: string;
    try {
      const policy = { named, maxBytes: answerBytes, firstByteTimeoutMs: options.timeoutMs ?? 20_000 };
      response = await link.egress.fetch(url, { method: "POST", ...body, signal: options.signal }, policy);
      text = await response.text();
    } catch (thrown) {
      throw unreachable(thrown, options);
    }
    const parsed = answer.safeParse(jsonFrom(text));
    if (!parsed.success) throw notAnAnswer(response.status, options);
    if (!parsed.data.ok) throw refusal(parsed.data, method);
    const result = schema.safeParse(parsed.data.result);
    if (result.success) return result.data;
    throw new MoltError("CHANNEL_REFUSED", { message: `Telegram answered ${method} in a form that is not known here` });
  }

  return {
    call: (method, params, schema, options) =>
      ask(method, { headers: { "content-type": "application/json" }, body: JSON.stringify(params) }, schema, options),
    upload(method, params, file, schema, options) {
      const form = new FormData();
      for (const [key, value] of Object.entries(params))
        if (value !== undefined) form.append(key, typeof value === "string" ? value : JSON.stringify(value));
      form.append(file.field, new Blob([file.bytes], { type: file.mimeType }), file.name);
      return ask(method, { body: form }, schema, { ...options, timeoutMs: options.timeoutMs ?? 60_000 });
    },
    async download(path, maxBytes, signal) {
      try {
        const url = `${base}/file/bot${link.secret("token")}/${path}`;
        const response = await link.egress.fetch(url, { signal }, { named, maxBytes, firstByteTimeoutMs: 20_000 });
        if (!response.ok)
          throw new MoltError("CHANNEL_REFUSED", { message: `Telegram answered ${response.status} for the file` });
        return new Uint8Array(await response.arrayBuffer());
      } catch (thrown) {
        throw isMoltError(thrown) && (thrown.code === "CHANNEL_REFUSED" || thrown.code === "PAYLOAD_TOO_LARGE")
          ? thrown
          : unreachable(thrown, { signal });
      }
    },
  };
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The connection was never made, so nothing happened. */
const neverConnected = /refused|resolve|unreachable|ENOTFOUND|DNS/i;

function unreachable(thrown: unknown, options: CallOptions): MoltError {
  if (isMoltError(thrown) && ["CHANNEL_TOKEN_MISSING", "EGRESS_BLOCKED"].includes(thrown.code)) return thrown;
  const reason = isMoltError(thrown)
    ? `${thrown.message} ${thrown.cause instanceof Error ? thrown.cause.message : ""}`
    : String(thrown);
  if (!options.sends || neverConnected.test(reason))
    return new MoltError("CHANNEL_UNAVAILABLE", { message: "Telegram cannot be reached", cause: thrown });
  return new MoltError("CHANNEL_UNKNOWN", { message: "Telegram did not answer, so the message may have arrived", cause: thrown });
}

function notAnAnswer(status: number, options: CallOptions): MoltError {
  if (status === 413) return new MoltError("CHANNEL_REFUSED", { message: "the file is larger than Telegram takes" });
  const message = `Telegram answered ${status} without an explanation`;
  return new MoltError(options.sends ? "CHANNEL_UNKNOWN" : "CHANNEL_UNAVAILABLE", { message });
}

/** Telegram said no: nothing happened. */
function refusal(said: Answer, method: string): MoltError {
  const description = (said.description ?? "no reason given").slice(0, 300);
  const message = `Telegram says: ${description}`;
  const details = { method, description };
  const code = said.error_code ?? 0;
  if (code === 401 || (code === 404 && /^not found$/i.test(description)))
    return new MoltError("CHANNEL_TOKEN_REJECTED", { message: "Telegram does not accept the bot token", details });
  if (code === 409) return new MoltError("CHANNEL_CONFLICT", { message: conflictOf(description), details });
  if (code === 429) {
    const retryAfterMs = (said.parameters?.retry_after ?? 5) * 1_000;
    return new MoltError("CHANNEL_LIMITED", { message, details, retryAfterMs });
  }
  if (code >= 500) return new MoltError("CHANNEL_UNAVAILABLE", { message, details });
  if (/can't parse|entit|unsupported start tag|can't find end/i.test(description))
    return new MoltError("CHANNEL_FORMAT_REFUSED", { message, details });
  if (/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i.test(description))
    return new MoltError("CHANNEL_MESSAGE_GONE", { message, details });
  const migratedTo = said.parameters?.migrate_to_chat_id;
  if (
    code === 403 ||
    migratedTo !== undefined ||
    /chat not found|user is deactivated|PEER_ID_INVALID|bot was kicked/i.test(description)
  )
    return new MoltError("CHANNEL_CHAT_GONE", {
      message,
      details: { ...details, ...(migratedTo === undefined ? {} : { migratedTo: String(migratedTo) }) },
    });
  return new MoltError("CHANNEL_REFUSED", { message, details });
}

function conflictOf(description: string): string {
  return /webhook/i.test(description)
    ? "a webhook is set for this bot, so it cannot be polled"
    : "another program polls Telegram with the same bot token";
}
