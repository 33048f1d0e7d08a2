/**
 * Any program as a channel: signed JSON in, signed JSON out (Standard Webhooks, GitHub's or a timestamped signature). The
 * answer carries the same `webhook-id` at each attempt, so a receiver that remembers ids gets it once.
 */

import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type {
  AccountLink,
  Channel,
  ChannelAccount,
  InboundEvent,
  Outgoing,
  RawUpdate,
  WebhookSide,
} from "../../delivery/channel.ts";
import { readBytes } from "../../edge/body.ts";
import { fillName } from "../../edge/hooks/template.ts";
import { signatureForms, verifySignature } from "../../platform/webhook-signature.ts";
import { deliver } from "./deliver.ts";

const path = z.string().min(1).max(200);
const options = z.strictObject({
  /** Form of the signature of what comes in. */
  verify: z.enum(signatureForms).default("standard"),
  /** Where answers are posted; null: nowhere, they stand in the conversation alone. */
  url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  /** Where in the body the message, its sender and its conversation stand: `a.b[0]`. */
  text: path.default("text"),
  sender: path.default("sender"),
  chat: path.default("chatId"),
});
type Options = z.infer<typeof options>;

const bodyBytes = 1_000_000;
const shortestSecret = 16;

export const webhook: Channel<Options> = {
  id: "webhook",
  label: "Webhook",
  secrets: [
    {
      key: "secret",
      label: "Signing secret",
      hint: "At least 16 characters, the same at the other program; `whsec_…` secrets of Standard Webhooks work as they are.",
    },
  ],
  options,
  traits: {
    edits: false,
    idempotentSends: true,
    typingMs: 0,
    reactions: false,
    buttons: false,
    buttonBytes: 0,
    textUnits: 100_000,
    captionUnits: 100_000,
    downloadBytes: 0,
    uploadBytes: 5_000_000,
    paceMs: { direct: 0, group: 0, channel: 0 },
    accountPerSecond: 50,
  },
  open: (link, given) => createAccount(link, given),
};

function createAccount(link: AccountLink, given: Options): ChannelAccount {
  return {
    async identify() {
      if (link.secret("secret").length < shortestSecret)
        throw new MoltError("CHANNEL_TOKEN_REJECTED", {
          message: `the signing secret has fewer than ${shortestSecret} characters`,
          hint: "Make one with `openssl rand -base64 32`, and give the same to the other program.",
        });
      return { id: link.accountId, name: given.url === null ? `Webhook ${link.accountId}` : new URL(given.url).host };
    },
    webhook: webhookSide(link, given),
    parse: (update) => eventFrom(update, given, link.clock.now()),
    send: async (message: Outgoing, signal) => deliver(link, given.url, message, signal),
  };
}

function webhookSide(link: AccountLink, given: Options): WebhookSide {
  return {
    passive: true,
    async receive(request) {
      const body = await readBytes(request, bodyBytes);
      const proof = { form: given.verify, secret: link.secret("secret"), headers: request.headers, body };
      const id = await verifySignature({ ...proof, nowMs: link.clock.now() });
      return { updates: [{ id, body: parse(body) }], response: Response.json({ ok: true }) };
    },
    register: async () => {},
    unregister: async () => {},
    inspect: async () => ({ url: "", waiting: 0 }),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new MoltError("INVALID_REQUEST", {
      message: "the body is not JSON",
      hint: "Send JSON with `content-type: application/json`.",
    });
  }
}

function eventFrom({ id, body }: RawUpdate, given: Options, now: number): InboundEvent {
  const name = (at: string) => fillName(`{{${at}}}`, body);
  const text = textAt(body, given.text);
  const sender = name(given.sender) || "webhook";
  const place = { chatId: name(given.chat) || sender, chatKind: "direct" as const };
  if (text === undefined || text.trim() === "")
    return {
      kind: "ignored",
      reason: `There is no text at "${given.text}".`,
      place,
      sender: { id: sender, name: sender, isBot: true },
    };
  return {
    kind: "message",
    place,
    sender: { id: sender, name: sender, isBot: false },
    messageId: id,
    text: text.slice(0, 100_000),
    files: [],
    addressed: true,
    edited: false,
    sentAt: now,
  };
}

function textAt(body: unknown, at: string): string | undefined {
  let value = body;
  for (const key of at.replaceAll(/\[(\d+)\]/g, ".$1").split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === "string" ? value : undefined;
}
