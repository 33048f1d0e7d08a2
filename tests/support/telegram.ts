/** Updates as Telegram sends them, for tests. */

import type { ChannelMessageRow } from "../../packages/protocol/src/channels.ts";
import type { FakeTelegram } from "../fakes/telegram.ts";
import type { RecordingClient } from "./client.ts";

export const ownerId = 111_111;
export const guestId = 222_222;
export const strangerId = 333_333;
export const groupId = -1_001_234_567_890;

export interface Words {
  from?: number;
  name?: string;
  username?: string;
  chat?: number;
  text?: string;
  messageId?: number;
  threadId?: number;
  forum?: boolean;
  extra?: Record<string, unknown>;
}

let nextMessage = 100;

const user = ({ from = ownerId, name = `Person ${from}`, username }: Words) => ({
  id: from,
  is_bot: false,
  first_name: name,
  ...(username ? { username } : {}),
});

export function messageOf(words: Words): Record<string, unknown> {
  const from = user(words);
  const chatId = words.chat ?? from.id;
  nextMessage += 1;
  const chat =
    chatId < 0
      ? { id: chatId, type: "supergroup", title: "The group", ...(words.forum ? { is_forum: true } : {}) }
      : { id: chatId, type: "private", first_name: from.first_name };
  return {
    message_id: words.messageId ?? nextMessage,
    date: Math.floor(Date.now() / 1_000),
    chat,
    from,
    ...(words.text === undefined ? {} : { text: words.text, ...entitiesOf(words.text) }),
    ...(words.threadId === undefined ? {} : { message_thread_id: words.threadId, is_topic_message: true }),
    ...words.extra,
  };
}

/** Mentions and a leading command, marked as Telegram marks them. */
function entitiesOf(text: string): { entities?: object[] } {
  const entities = [
    ...[...text.matchAll(/@\w+/g)].map((match) => ({ type: "mention", offset: match.index, length: match[0].length })),
    ...[...text.matchAll(/^\/[\w@]+/g)].map((match) => ({ type: "bot_command", offset: 0, length: match[0].length })),
  ];
  return entities.length > 0 ? { entities } : {};
}

export const messageUpdate = (words: Words) => ({ message: messageOf(words) });

export function pressUpdate(press: { from: number; chat: number; messageId: number; data: string }): Record<string, unknown> {
  return {
    callback_query: {
      id: `press-${Math.random().toString(36).slice(2)}`,
      from: user({ from: press.from }),
      chat_instance: "1",
      data: press.data,
      message: {
        message_id: press.messageId,
        date: 1,
        chat:
          press.chat < 0
            ? { id: press.chat, type: "supergroup", title: "The group" }
            : { id: press.chat, type: "private", first_name: `Person ${press.chat}` },
      },
    },
  };
}

/** The text of the latest standing message of a chat that fits; waits for it. */
export async function standing(telegram: FakeTelegram, chatId: number, fits: (text: string) => boolean, timeoutMs = 20_000) {
  const find = () => telegram.chats.in(chatId).findLast((message) => fits(message.text));
  const found = find();
  if (found) return found;
  await telegram
    .waitFor(() => find() !== undefined, timeoutMs)
    .catch(() => {
      throw new Error(`chat ${chatId} has only: ${JSON.stringify(telegram.chats.texts(chatId))}`);
    });
  return find() as NonNullable<ReturnType<typeof find>>;
}

/** The row of the newest message whose preview begins so, once its fate is decided. */
export async function settled(client: RecordingClient, preview: string): Promise<ChannelMessageRow> {
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 25))) {
    const { messages } = await client.request("channels.messages.list", { limit: 200 });
    const row = messages.find((message) => message.preview.startsWith(preview));
    if (row && row.fate !== "received" && row.fate !== "queued") return row;
    if (Date.now() > end) throw new Error(`the message "${preview}" is ${row?.fate ?? "not there"}`);
  }
}
