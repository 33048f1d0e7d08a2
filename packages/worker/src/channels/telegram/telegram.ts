/** Telegram by its Bot API: webhook or long polling, private chats, groups, topics, files, buttons, reactions. */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { digest, sameDigest } from "../../auth/digest.ts";
import type {
  AccountLink,
  Channel,
  ChannelAccount,
  FileContent,
  Outgoing,
  Place,
  RawUpdate,
  TextContent,
  WebhookSide,
} from "../../delivery/channel.ts";
import { readJson } from "../../edge/body.ts";
import { kindOfSecret } from "../../secrets/secret-shape.ts";
import { type BotApi, type BotParams, type CallOptions, createBotApi, officialBase } from "./api.ts";
import { formatMarkdown } from "./format.ts";
import { allowedUpdates, eventFrom } from "./update.ts";

const options = z.strictObject({
  /** A Bot API server of one's own. */
  apiBaseUrl: z.url({ protocol: /^https?$/ }).default(officialBase),
  /** Seconds that one request for updates waits. */
  pollSeconds: z.int().min(1).max(50).default(25),
});
type Options = z.infer<typeof options>;

const webhookBytes = 1_000_000;
const policies = ["pairing", "allowlist", "open", "disabled"];
const botToken = /^\d{3,20}:[\w-]{20,}$/;

export const telegram: Channel<Options> = {
  id: "telegram",
  label: "Telegram",
  secrets: [{ key: "token", label: "Bot token", hint: "Ask @BotFather in Telegram for a bot; it answers with the token." }],
  options,
  traits: {
    edits: true,
    idempotentSends: false,
    typingMs: 5_000,
    reactions: true,
    buttons: true,
    buttonBytes: 64,
    textUnits: 4_096,
    captionUnits: 1_024,
    downloadBytes: 20_000_000,
    uploadBytes: 50_000_000,
    // One message a second in a chat, twenty a minute in a group.
    paceMs: { direct: 1_000, group: 3_000, channel: 3_000 },
    accountPerSecond: 28,
  },
  seed(seeds) {
    const token = seeds.TELEGRAM_BOT_TOKEN;
    const ids = (seeds.TELEGRAM_DM_ALLOW_FROM ?? "").split(/[\s,]+/).flatMap(idFrom);
    const policy = seeds.TELEGRAM_DM_POLICY?.toLowerCase();
    const base = seeds.TELEGRAM_API_BASE_URL;
    const settings = {
      ...(policy !== undefined && policies.includes(policy) ? { dmPolicy: policy } : {}),
      // The first one is the owner, who set the variable; the others are guests.
      ...(ids.length > 0 ? { owners: ids.slice(0, 1), allowFrom: ids } : {}),
      ...(base !== undefined && URL.canParse(base) ? { options: { apiBaseUrl: base } } : {}),
    };
    if (token === undefined && Object.keys(settings).length === 0) return undefined;
    const secrets: Record<string, string> = token === undefined ? {} : { token };
    return { secrets, settings };
  },
  open: (link, given) => createAccount(link, given),
};

/** moltworker's users wrote `telegram:123`, `tg:123` or plain numbers; names prove nothing and are left out. */
function idFrom(text: string): string[] {
  const id = text.replace(/^(telegram|tg):/i, "");
  return /^(\d+|\*)$/.test(id) ? [id] : [];
}

const sent = z.looseObject({ message_id: z.number() });
const me = z.looseObject({ id: z.number(), first_name: z.string(), username: z.string().optional() });
const updates = z.array(z.looseObject({ update_id: z.number() }));
const webhookInfo = z.looseObject({
  url: z.string().default(""),
  pending_update_count: z.number(),
  last_error_date: z.number().optional(),
  last_error_message: z.string().optional(),
});
const fileInfo = z.looseObject({ file_path: z.string().optional(), file_size: z.number().optional() });

const rawFrom = (update: { update_id: number }): RawUpdate => ({ id: String(update.update_id), body: update });

function createAccount(link: AccountLink, given: Options): ChannelAccount {
  const api = createBotApi(link, given.apiBaseUrl);
  return {
    async identify(signal) {
      const token = link.secret("token");
      const kind = botToken.test(token) ? undefined : kindOfSecret(token);
      if (!botToken.test(token))
        throw new MoltError("CHANNEL_TOKEN_REJECTED", {
          message: kind ? `this looks like ${kind}, not like a bot token` : "this is not a bot token",
          hint: "A bot token is a number, a colon and about 35 letters; @BotFather shows it.",
        });
      const bot = await api.call("getMe", {}, me, { signal });
      const name = bot.username ? { username: bot.username, link: `https://t.me/${bot.username}` } : {};
      return { id: String(bot.id), name: bot.first_name, ...name };
    },
    webhook: createWebhook(link, api),
    async poll(cursor, atOnce, signal) {
      const params = {
        timeout: atOnce ? 0 : given.pollSeconds,
        limit: 100,
        allowed_updates: allowedUpdates,
        ...(cursor === undefined ? {} : { offset: Number(cursor) }),
      };
      const found = await api.call("getUpdates", params, updates, { signal, timeoutMs: (given.pollSeconds + 15) * 1_000 });
      const last = found.at(-1)?.update_id;
      return { updates: found.map(rawFrom), cursor: last === undefined ? cursor : String(last + 1) };
    },
    parse: (update, self) => eventFrom(update.body, self),
    send: (message, signal) => send(api, message, { signal, sends: true }),
    async edit(place, messageId, content, signal) {
      const params = { message_id: Number(messageId), ...textParams(content) };
      const put = (chatId: string) =>
        api.call("editMessageText", { chat_id: Number(chatId), ...params }, z.unknown(), { signal, sends: true });
      try {
        await put(place.chatId);
      } catch (thrown) {
        if (!isMoltError(thrown)) throw thrown;
        // It says so already.
        if (/message is not modified/i.test(thrown.message)) return;
        // Sent where the group is now.
        if (typeof thrown.details.migratedTo !== "string") throw thrown;
        await put(thrown.details.migratedTo);
      }
    },
    async react(place, messageId, emoji, signal) {
      const reaction = [{ type: "emoji", emoji }];
      await api.call(
        "setMessageReaction",
        { chat_id: Number(place.chatId), message_id: Number(messageId), reaction },
        z.unknown(),
        { signal },
      );
    },
    async typing(place, signal) {
      const thread = place.threadId === undefined ? {} : { message_thread_id: Number(place.threadId) };
      await api.call("sendChatAction", { chat_id: Number(place.chatId), action: "typing", ...thread }, z.unknown(), { signal });
    },
    async answerPress(pressId, text, signal) {
      await api.call("answerCallbackQuery", { callback_query_id: pressId, text: text.slice(0, 200) }, z.unknown(), { signal });
    },
    async download(file, signal) {
      const info = await api.call("getFile", { file_id: file.reference }, fileInfo, { signal });
      const limit = telegram.traits.downloadBytes;
      if (!info.file_path || (info.file_size ?? 0) > limit)
        throw new MoltError("PAYLOAD_TOO_LARGE", { message: "bots may fetch files of up to 20 MB" });
      return api.download(info.file_path, limit, signal);
    },
    async publishCommands(commands, signal) {
      const menu = commands.map(({ name, description }) => ({ command: name, description }));
      await api.call("setMyCommands", { commands: menu }, z.unknown(), { signal });
    },
    lengthOf: (markdown) => formatMarkdown(markdown).text.length,
  };
}

function createWebhook(link: AccountLink, api: BotApi): WebhookSide {
  return {
    async receive(request) {
      const [given, wanted] = await Promise.all([
        digest(request.headers.get("x-telegram-bot-api-secret-token") ?? ""),
        digest(link.webhookSecret()),
      ]);
      if (!sameDigest(given, wanted)) throw new MoltError("FORBIDDEN", { message: "the webhook's secret is missing or wrong" });
      const update = await readJson(request, z.looseObject({ update_id: z.number() }), webhookBytes);
      return { updates: [rawFrom(update)] };
    },
    async register(url, signal) {
      const params = { url, secret_token: link.webhookSecret(), allowed_updates: allowedUpdates, max_connections: 40 };
      await api.call("setWebhook", params, z.unknown(), { signal });
    },
    async unregister(signal) {
      await api.call("deleteWebhook", { drop_pending_updates: false }, z.unknown(), { signal });
    },
    async inspect(signal) {
      const info = await api.call("getWebhookInfo", {}, webhookInfo, { signal });
      return {
        url: info.url,
        waiting: info.pending_update_count,
        ...(info.last_error_message === undefined ? {} : { lastError: info.last_error_message }),
        ...(info.last_error_date === undefined ? {} : { lastErrorAt: info.last_error_date * 1_000 }),
      };
    },
  };
}

async function send(api: BotApi, message: Outgoing, options: CallOptions): Promise<{ messageId: string; movedTo?: string }> {
  const { place, content, replyTo } = message;
  const reply =
    replyTo === undefined ? {} : { reply_parameters: { message_id: Number(replyTo), allow_sending_without_reply: true } };
  const put = (where: BotParams) =>
    "bytes" in content
      ? sendFile(api, { ...where, ...reply }, content, options)
      : api.call("sendMessage", { ...where, ...reply, ...textParams(content) }, sent, options);
  try {
    return idOf(await put(placeParams(place)));
  } catch (thrown) {
    if (!isMoltError(thrown)) throw thrown;
    // Refusals, so nothing was sent: the group became a supergroup with a new id, or its topic was deleted.
    const movedTo = thrown.details.migratedTo;
    if (typeof movedTo === "string") return { ...idOf(await put(placeParams({ ...place, chatId: movedTo }))), movedTo };
    if (place.threadId !== undefined && /thread not found/i.test(thrown.message))
      return idOf(await put({ chat_id: Number(place.chatId) }));
    throw thrown;
  }
}

const idOf = (message: z.infer<typeof sent>) => ({ messageId: String(message.message_id) });

/** A forum's general topic is number one, and must not be named when something is sent there. */
function placeParams(place: Place): BotParams {
  const named = place.threadId !== undefined && !(place.chatKind === "group" && place.threadId === "1");
  return { chat_id: Number(place.chatId), ...(named ? { message_thread_id: Number(place.threadId) } : {}) };
}

function textParams(content: TextContent): BotParams {
  const formatted = formatMarkdown(content.markdown);
  return {
    text: formatted.text || "…",
    ...(formatted.entities.length > 0 && !content.plain ? { entities: formatted.entities } : {}),
    link_preview_options: { is_disabled: true },
    ...keyboard(content),
  };
}

function keyboard({ buttons }: TextContent): BotParams {
  if (!buttons) return {};
  const rows = buttons.map((row) => row.map(({ label, data }) => ({ text: label, callback_data: data })));
  return { reply_markup: { inline_keyboard: rows } };
}

const uploads = {
  photo: "sendPhoto",
  voice: "sendVoice",
  audio: "sendAudio",
  video: "sendVideo",
  document: "sendDocument",
} as const;

function sendFile(api: BotApi, where: BotParams, content: FileContent, options: CallOptions) {
  const caption = content.caption && textParams(content.caption);
  const words = caption ? { caption: caption.text, ...(caption.entities ? { caption_entities: caption.entities } : {}) } : {};
  const file = { field: content.kind, name: content.fileName, mimeType: content.mimeType, bytes: content.bytes };
  return api.upload(uploads[content.kind], { ...where, ...words }, file, sent, options);
}
