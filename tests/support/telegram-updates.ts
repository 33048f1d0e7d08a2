/** One update of each kind that Telegram sends, from anybody, in any chat: what the authorization table is made of. */

import { messageOf, type Words } from "./telegram.ts";

export interface From extends Words {
  from: number;
  chat: number;
}

const file = (id: string, more: Record<string, unknown> = {}) => ({
  ...{ file_id: id, file_unique_id: `u-${id}`, file_size: 5 },
  ...more,
});
const picture = { width: 1, height: 1 };

/** What a message may hold besides text, each with a caption where Telegram has one. */
export const contents: Record<string, (caption: string) => Record<string, unknown>> = {
  photo: (caption) => ({ caption, photo: [file("photo", picture)] }),
  voice: (caption) => ({ caption, voice: file("voice", { duration: 1, mime_type: "audio/ogg" }) }),
  audio: (caption) => ({ caption, audio: file("audio", { duration: 1, file_name: "song.mp3", mime_type: "audio/mpeg" }) }),
  video: (caption) => ({ caption, video: file("video", { ...picture, duration: 1, mime_type: "video/mp4" }) }),
  video_note: () => ({ video_note: file("video-note", { length: 1, duration: 1 }) }),
  animation: (caption) => ({
    caption,
    animation: file("animation", { ...picture, duration: 1, mime_type: "video/mp4" }),
    document: file("animation", { mime_type: "video/mp4" }),
  }),
  document: (caption) => ({ caption, document: file("document", { file_name: "notes.txt", mime_type: "text/plain" }) }),
  sticker: () => ({
    sticker: file("sticker", { ...picture, type: "regular", is_animated: false, is_video: false, emoji: "👍" }),
  }),
  location: () => ({ location: { latitude: 52.5, longitude: 13.4 } }),
  venue: () => ({
    location: { latitude: 52.5, longitude: 13.4 },
    venue: { location: { latitude: 52.5, longitude: 13.4 }, title: "Cafe", address: "1 Road" },
  }),
  contact: () => ({ contact: { phone_number: "+491", first_name: "Carl" } }),
  dice: () => ({ dice: { emoji: "🎲", value: 4 } }),
  forwarded: (caption) => ({
    text: caption,
    forward_origin: { type: "user", date: 1, sender_user: { id: 9, is_bot: false, first_name: "Nina" } },
  }),
};

/** Updates that hold words or things: they are answered where the sender may write. */
export function answerable(who: From, text: string): Record<string, Record<string, unknown>> {
  const plain = { ...who, text: undefined } as unknown as Words;
  const made = Object.entries(contents).map(([kind, content]) => {
    const { extra, ...rest } = plain;
    return [kind, { message: messageOf({ ...rest, extra: { ...extra, ...content(text) } }) }] as const;
  });
  return {
    text: { message: messageOf({ ...who, text }) },
    edited: {
      edited_message: messageOf({ ...who, text, extra: { ...who.extra, edit_date: 2 } }),
    },
    ...Object.fromEntries(made),
  };
}

const chatOf = (id: number) =>
  id < 0 ? { id, type: "supergroup", title: "The group" } : { id, type: "private", first_name: `Person ${id}` };
const userOf = ({ from }: From) => ({ id: from, is_bot: false, first_name: `Person ${from}` });

/** Updates that are never answered, whoever sends them. */
export function unanswerable(who: From): Record<string, Record<string, unknown>> {
  const user = userOf(who);
  const chat = chatOf(who.chat);
  const member = (status: "left" | "member") => ({ user, status });
  const changed = { chat, from: user, date: 1, old_chat_member: member("left"), new_chat_member: member("member") };
  const { text: _, ...silent } = who;
  return {
    new_chat_members: { message: messageOf({ ...silent, extra: { new_chat_members: [user] } }) },
    left_chat_member: { message: messageOf({ ...silent, extra: { left_chat_member: user } }) },
    my_chat_member: { my_chat_member: changed },
    chat_member: { chat_member: changed },
    message_reaction: {
      message_reaction: {
        ...{ chat, user, message_id: 1, date: 1, old_reaction: [] },
        new_reaction: [{ type: "emoji", emoji: "👍" }],
      },
    },
    inline_query: { inline_query: { id: "1", from: user, query: "hello", offset: "" } },
    poll_answer: { poll_answer: { poll_id: "1", user, option_ids: [0], option_persistent_ids: ["0"] } },
    channel_post: {
      channel_post: { message_id: 1, date: 1, chat: { id: -1_007, type: "channel", title: "News" }, text: "hello" },
    },
    unheard_of: { something_of_next_year: { from: user } },
  };
}
