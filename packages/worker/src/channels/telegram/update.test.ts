/** Payloads are written against grammY's types, which follow the Bot API: what Telegram cannot send does not compile here. */

import type { Chat, Message, Update, User } from "@grammyjs/types";
import { describe, expect, it } from "vitest";
import type { InboundText } from "../../delivery/channel.ts";
import { eventFrom } from "./update.ts";

const self = { id: "42", name: "Molt", username: "molt_bot" };
const ada: User = { id: 7, is_bot: false, first_name: "Ada", last_name: "L", username: "ada" };
const bot: User = { id: 42, is_bot: true, first_name: "Molt", username: "molt_bot" };
const privately: Chat.PrivateChat = { id: 7, type: "private", first_name: "Ada" };
const group: Chat.SupergroupChat = { id: -100, type: "supergroup", title: "Us", is_forum: true };

type Sent = Message & Update.NonChannel;
const message = (extra: Partial<Message>, chat: Chat = privately): Update =>
  ({ update_id: 1, message: { message_id: 5, date: 100, chat, from: ada, ...extra } as Sent }) satisfies Update;
const read = (update: Update) => eventFrom(update, self) as InboundText;

describe("a Telegram update", () => {
  it("from a private chat", () => {
    expect(read(message({ text: "hello" }))).toEqual({
      kind: "message",
      place: { chatId: "7", chatKind: "direct" },
      sender: { id: "7", name: "Ada L", username: "ada", isBot: false },
      messageId: "5",
      text: "hello",
      files: [],
      addressed: false,
      edited: false,
      sentAt: 100_000,
    });
  });

  it.each<[string, Partial<Message>, boolean]>([
    ["a mention", { text: "@molt_bot hi", entities: [{ type: "mention", offset: 0, length: 9 }] }, true],
    ["a mention of another", { text: "@other_bot hi", entities: [{ type: "mention", offset: 0, length: 10 }] }, false],
    ["a name without a mention", { text: "molt_bot hi" }, false],
    ["a text mention", { text: "Molt hi", entities: [{ type: "text_mention", offset: 0, length: 4, user: bot }] }, true],
    [
      "a mention in a caption",
      {
        caption: "@molt_bot",
        caption_entities: [{ type: "mention", offset: 0, length: 9 }],
        photo: [{ file_id: "f", file_unique_id: "u", width: 1, height: 1 }],
      },
      true,
    ],
    [
      "an answer to the bot",
      { text: "yes", reply_to_message: { message_id: 4, date: 1, chat: group, from: bot, text: "well?" } as never },
      true,
    ],
    [
      "an answer to another",
      { text: "yes", reply_to_message: { message_id: 4, date: 1, chat: group, from: ada, text: "well?" } as never },
      false,
    ],
    [
      "the first message of a topic that the bot made",
      {
        text: "yes",
        reply_to_message: {
          message_id: 4,
          date: 1,
          chat: group,
          from: bot,
          forum_topic_created: { name: "T", icon_color: 1 },
        } as never,
      },
      false,
    ],
  ])("%s addresses the bot or not", (_, extra, addressed) => expect(read(message(extra, group)).addressed).toBe(addressed));

  it("tells topics apart, the general one too", () => {
    expect(read(message({ text: "x", message_thread_id: 9, is_topic_message: true }, group)).place.threadId).toBe("9");
    expect(read(message({ text: "x" }, group)).place.threadId).toBe("1");
    expect(
      read(message({ text: "x", message_thread_id: 9 }, { ...group, is_forum: undefined } as never)).place.threadId,
    ).toBeUndefined();
  });

  it.each([
    ["/new now", { name: "new", args: "now" }],
    ["/New@molt_bot", { name: "new", args: "" }],
    ["/new@other_bot", undefined],
  ])("reads the command %s", (text, command) => {
    const length = text.split(" ")[0]?.length ?? 0;
    expect(read(message({ text, entities: [{ type: "bot_command", offset: 0, length }] })).command).toEqual(command);
  });

  it("takes files, the largest photo, and says the rest in words", () => {
    const photo = [1, 30, 20].map((size) => ({
      file_id: `p${size}`,
      file_unique_id: `u${size}`,
      width: size,
      height: size,
      file_size: size,
    }));
    expect(read(message({ photo, caption: "look" })).files).toMatchObject([
      { kind: "photo", reference: "p30", mimeType: "image/jpeg" },
    ]);
    const voice = { file_id: "v", file_unique_id: "v", duration: 3, mime_type: "audio/ogg", file_size: 9 };
    expect(read(message({ voice })).files).toMatchObject([{ kind: "voice", mimeType: "audio/ogg", sizeBytes: 9 }]);
    const document = { file_id: "d", file_unique_id: "d", file_name: "a.pdf", mime_type: "application/pdf" };
    expect(read(message({ document })).files).toMatchObject([{ kind: "document", fileName: "a.pdf" }]);
    const video = { file_id: "w", file_unique_id: "w", width: 1, height: 1, duration: 1 };
    expect(read(message({ video })).files[0]?.kind).toBe("video");
    const audio = { file_id: "m", file_unique_id: "m", duration: 1, file_name: "song.mp3" };
    expect(read(message({ audio })).files[0]).toMatchObject({ kind: "audio", fileName: "song.mp3" });
    const sticker = {
      file_id: "s",
      file_unique_id: "s",
      type: "regular",
      width: 1,
      height: 1,
      is_animated: false,
      is_video: false,
      emoji: "😀",
    } as const;
    expect(read(message({ sticker }))).toMatchObject({ text: "[Sticker 😀]", files: [{ mimeType: "image/webp" }] });
    expect(read(message({ location: { latitude: 1.5, longitude: 2 } })).text).toBe("[Location: 1.5, 2]");
    expect(read(message({ contact: { phone_number: "+1", first_name: "Bo" } })).text).toBe("[Contact: Bo, +1]");
  });

  it("knows whose words are passed on", () => {
    const origins = [
      [{ type: "user", date: 1, sender_user: { ...ada, first_name: "Eve", last_name: "X" } }, "Eve X"],
      [{ type: "hidden_user", date: 1, sender_user_name: "Hidden" }, "Hidden"],
      [{ type: "channel", date: 1, chat: { id: -3, type: "channel", title: "News" }, message_id: 1 }, "News"],
    ] as const;
    for (const [forward_origin, name] of origins) expect(read(message({ text: "x", forward_origin })).forwardedFrom).toBe(name);
  });

  it("takes anonymous administrators for their group", () => {
    expect(read(message({ text: "x", sender_chat: group }, group)).sender).toEqual({ id: "-100", name: "Us", isBot: false });
  });

  it("reads edits, buttons and albums", () => {
    const edited: Update = {
      update_id: 2,
      edited_message: { message_id: 5, date: 1, chat: privately, from: ada, text: "v2", edit_date: 2 },
    };
    expect(read(edited)).toMatchObject({ edited: true, text: "v2" });
    expect(read(message({ text: "x", media_group_id: "g" })).albumId).toBe("g");
    const pressed: Update = {
      update_id: 3,
      callback_query: {
        id: "c",
        from: ada,
        chat_instance: "1",
        data: "token",
        message: { message_id: 9, date: 1, chat: privately, text: "?" } as never,
      },
    };
    expect(eventFrom(pressed, self)).toMatchObject({
      kind: "press",
      pressId: "c",
      data: "token",
      messageId: "9",
      sender: { id: "7" },
    });
  });

  it("ignores what it does not know, and never throws", () => {
    const post: Update = {
      update_id: 4,
      channel_post: { message_id: 1, date: 1, chat: { id: -3, type: "channel", title: "News" }, text: "x" },
    };
    for (const body of [post, { update_id: 5, my_future_thing: {} }, { update_id: 6, message: { odd: true } }, null, 7, "x", []])
      expect(eventFrom(body, self).kind).toBe("ignored");
  });
});
