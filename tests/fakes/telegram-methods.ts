/** What each method of the fake Bot API does and refuses, in Telegram's own words. */

import type { StandingMessage, TelegramChats } from "./telegram-chats.ts";

export interface TelegramCall {
  method: string;
  params: Record<string, unknown>;
  at: number;
  outcome: string;
  /** How long it was asked to wait. */
  retryAfterMs?: number;
  result?: unknown;
}

export type Outcome = { ok: unknown } | { error: { code: number; description: string; parameters?: Record<string, unknown> } };
type Method = (call: TelegramCall, chats: TelegramChats) => Outcome;

const bad = (description: string): Outcome => ({ error: { code: 400, description: `Bad Request: ${description}` } });

function refusalOf(chatId: number, chats: TelegramChats): Outcome | undefined {
  if (!Number.isSafeInteger(chatId)) return bad("chat_id is empty");
  if (chats.unknown.has(chatId)) return bad("chat not found");
  if (chats.blockedBy.has(chatId)) return { error: { code: 403, description: "Forbidden: bot was blocked by the user" } };
  return undefined;
}

interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
}
const entityTypes = new Set(["bold", "italic", "strikethrough", "code", "pre", "text_link", "blockquote"]);

function badText(text: unknown, entities: unknown, limit: number): Outcome | undefined {
  if (typeof text !== "string" || text.trim() === "") return bad("message text is empty");
  if (text.length > limit) return bad(limit === 4_096 ? "message is too long" : "message caption is too long");
  for (const entity of (entities ?? []) as Entity[]) {
    const fits = entity.length > 0 && entity.offset >= 0 && entity.offset + entity.length <= text.length;
    if (!entityTypes.has(entity.type) || !fits) return bad("ENTITY_BOUNDS_INVALID: can't parse entities");
  }
  // A test's own way to have formatting refused.
  if (text.includes("REFUSE-FORMAT") && Array.isArray(entities) && entities.length > 0)
    return bad("can't parse entities: Can't find end of the entity starting at byte offset 1");
  return undefined;
}

function badKeyboard(markup: unknown): Outcome | undefined {
  const rows = (markup as { inline_keyboard?: { text: string; callback_data: string }[][] } | undefined)?.inline_keyboard ?? [];
  const button = rows.flat().find((one) => Buffer.byteLength(one.callback_data) > 64 || one.text === "");
  return button ? bad("BUTTON_DATA_INVALID") : undefined;
}

const chatOf = (id: number) =>
  id < 0 ? { id, type: "supergroup", title: "The group" } : { id, type: "private", first_name: `Person ${id}` };

function view(chatId: number, { message_id, sentAt, threadId }: StandingMessage, what: Record<string, unknown>) {
  const topic = threadId === undefined ? {} : { message_thread_id: threadId, is_topic_message: true };
  return { message_id, date: Math.floor(sentAt / 1_000), chat: chatOf(chatId), ...topic, ...what };
}

const sendText: Method = ({ params, method }, chats) => {
  const chatId = Number(params.chat_id);
  const refused = refusalOf(chatId, chats) ?? badText(params.text, params.entities, 4_096) ?? badKeyboard(params.reply_markup);
  if (refused) return refused;
  const threadId = params.message_thread_id as number | undefined;
  if (threadId === 1 || threadId === 404) return bad("message thread not found");
  const buttons = (params.reply_markup as { inline_keyboard?: StandingMessage["buttons"] } | undefined)?.inline_keyboard;
  const standing = chats.add(chatId, {
    text: String(params.text),
    method,
    ...(threadId === undefined ? {} : { threadId }),
    ...(buttons ? { buttons } : {}),
  });
  return { ok: view(chatId, standing, { text: standing.text }) };
};

/** What Telegram finds out about a file by itself. */
const measuresOf: Record<string, Record<string, number>> = {
  photo: { width: 1, height: 1 },
  video: { width: 1, height: 1, duration: 1 },
  voice: { duration: 1 },
  audio: { duration: 1 },
};

const sendFile =
  (field: string): Method =>
  ({ params, method }, chats) => {
    const chatId = Number(params.chat_id);
    const refused = refusalOf(chatId, chats);
    if (refused) return refused;
    if (params.caption !== undefined) {
      const wrong = badText(params.caption, params.caption_entities, 1_024);
      if (wrong) return wrong;
    }
    const file = params[field] as { name: string; size: number } | undefined;
    if (!file?.size) return bad(`there is no ${field} in the request`);
    if (file.size > 50_000_000) return { error: { code: 413, description: "Request Entity Too Large" } };
    const standing = chats.add(chatId, { text: `[${field}] ${file.name} ${params.caption ?? ""}`.trim(), method });
    const own = {
      file_id: `out-${standing.message_id}`,
      file_unique_id: `u${standing.message_id}`,
      file_size: file.size,
      ...measuresOf[field],
    };
    const caption = typeof params.caption === "string" ? { caption: params.caption } : {};
    return { ok: view(chatId, standing, { [field]: field === "photo" ? [own] : own, ...caption }) };
  };

export const methods: Record<string, Method> = {
  sendMessage: sendText,
  sendPhoto: sendFile("photo"),
  sendDocument: sendFile("document"),
  sendVoice: sendFile("voice"),
  sendAudio: sendFile("audio"),
  sendVideo: sendFile("video"),
  editMessageText({ params }, chats) {
    const chatId = Number(params.chat_id);
    const refused = refusalOf(chatId, chats) ?? badText(params.text, params.entities, 4_096) ?? badKeyboard(params.reply_markup);
    if (refused) return refused;
    const standing = chats.find(chatId, Number(params.message_id));
    if (!standing) return bad("message to edit not found");
    const same = standing.text === params.text && !standing.buttons && !params.reply_markup;
    if (same) return bad("message is not modified: specified new message content and reply markup are exactly the same");
    standing.versions.push(standing.text);
    standing.text = String(params.text);
    delete standing.buttons;
    return { ok: view(chatId, standing, { text: standing.text, edit_date: Math.floor(Date.now() / 1_000) }) };
  },
  setMessageReaction({ params }, chats) {
    const [reaction] = params.reaction as { emoji: string }[];
    chats.reactions.push({ chatId: Number(params.chat_id), messageId: Number(params.message_id), emoji: reaction?.emoji ?? "" });
    return { ok: true };
  },
  sendChatAction: ({ params }, chats) => refusalOf(Number(params.chat_id), chats) ?? { ok: true },
  answerCallbackQuery: ({ params }) => (String(params.text ?? "").length > 200 ? bad("MESSAGE_TOO_LONG") : { ok: true }),
  setMyCommands({ params }) {
    const commands = params.commands as { command: string; description: string }[];
    const wrong = commands.some(({ command, description }) => !/^[a-z0-9_]{1,32}$/.test(command) || !description);
    return wrong ? bad("BOT_COMMAND_INVALID") : { ok: true };
  },
  getFile({ params }, chats) {
    const path = `files/${params.file_id}`;
    const bytes = chats.file(path);
    if (!bytes) return bad("invalid file_id");
    if (bytes.length > 20_000_000) return bad("file is too big");
    return { ok: { file_id: params.file_id, file_unique_id: "u", file_size: bytes.length, file_path: path } };
  },
};
