/** One Telegram update as the engine reads it. Pure; fields that are not needed are not looked at, what is not known is ignored. */

import * as z from "zod";
import type { ChatKind, Identity, InboundEvent, InboundFile, InboundText, Place, Sender } from "../../delivery/channel.ts";

const user = z.looseObject({
  id: z.number(),
  is_bot: z.boolean(),
  first_name: z.string(),
  last_name: z.string().optional(),
  username: z.string().optional(),
});
const chat = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string().optional(),
  username: z.string().optional(),
  is_forum: z.boolean().optional(),
});
const entity = z.looseObject({ type: z.string(), offset: z.number(), length: z.number(), user: user.optional() });
const file = z.looseObject({
  file_id: z.string(),
  file_unique_id: z.string(),
  file_size: z.number().optional(),
  file_name: z.string().optional(),
  mime_type: z.string().optional(),
});
const baseMessage = z.looseObject({
  message_id: z.number(),
  date: z.number(),
  chat,
  from: user.optional(),
  sender_chat: chat.optional(),
  message_thread_id: z.number().optional(),
  is_topic_message: z.boolean().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: z.array(entity).optional(),
  caption_entities: z.array(entity).optional(),
  media_group_id: z.string().optional(),
  forward_origin: z
    .looseObject({
      sender_user: user.optional(),
      sender_user_name: z.string().optional(),
      sender_chat: chat.optional(),
      chat: chat.optional(),
    })
    .optional(),
  photo: z.array(file).optional(),
  voice: file.optional(),
  audio: file.optional(),
  video: file.optional(),
  video_note: file.optional(),
  animation: file.optional(),
  document: file.optional(),
  sticker: file
    .extend({ emoji: z.string().optional(), is_animated: z.boolean().optional(), is_video: z.boolean().optional() })
    .optional(),
  location: z.looseObject({ latitude: z.number(), longitude: z.number() }).optional(),
  venue: z.looseObject({ title: z.string(), address: z.string() }).optional(),
  contact: z.looseObject({ phone_number: z.string(), first_name: z.string() }).optional(),
  poll: z.looseObject({ question: z.string(), options: z.array(z.looseObject({ text: z.string() })) }).optional(),
  dice: z.looseObject({ emoji: z.string(), value: z.number() }).optional(),
  forum_topic_created: z.unknown().optional(),
  migrate_to_chat_id: z.number().optional(),
});
const message = baseMessage.extend({
  reply_to_message: baseMessage.optional(),
  quote: z.looseObject({ text: z.string() }).optional(),
});
type Message = z.infer<typeof message>;

const updateSchema = z.looseObject({
  update_id: z.number(),
  message: message.optional(),
  edited_message: message.optional(),
  callback_query: z
    .looseObject({
      id: z.string(),
      from: user,
      data: z.string().optional(),
      message: z
        .looseObject({
          message_id: z.number(),
          chat,
          message_thread_id: z.number().optional(),
          is_topic_message: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
  my_chat_member: z.looseObject({ chat, from: user, new_chat_member: z.looseObject({ status: z.string() }) }).optional(),
});

/** What is asked for; everything else never comes. */
export const allowedUpdates = ["message", "edited_message", "callback_query", "my_chat_member"];

const ignored = (reason: string, extra: { place?: Place; sender?: Sender } = {}): InboundEvent => ({
  kind: "ignored",
  reason,
  ...extra,
});

export function eventFrom(body: unknown, self: Identity): InboundEvent {
  const parsed = updateSchema.safeParse(body);
  if (!parsed.success) return ignored("The update has a form that is not known here.");
  const update = parsed.data;
  const text = update.message ?? update.edited_message;
  if (text) return textFrom(text, update.edited_message !== undefined, self);
  if (update.callback_query) return pressFrom(update.callback_query);
  if (update.my_chat_member) {
    const { chat: where, from, new_chat_member: now } = update.my_chat_member;
    return ignored(`The bot's place in the chat is now: ${now.status}.`, {
      place: placeFrom(where, undefined),
      sender: senderFrom(from),
    });
  }
  return ignored("This kind of update is not answered.");
}

function pressFrom(query: NonNullable<z.infer<typeof updateSchema>["callback_query"]>): InboundEvent {
  const sender = senderFrom(query.from);
  if (!query.message || query.data === undefined) return ignored("The button's message is too old.", { sender });
  return {
    kind: "press",
    place: placeFrom(query.message.chat, query.message),
    sender,
    messageId: String(query.message.message_id),
    pressId: query.id,
    data: query.data,
  };
}

function textFrom(sent: Message, edited: boolean, self: Identity): InboundEvent {
  const place = placeFrom(sent.chat, sent);
  // A group became a supergroup, and has another id from now on.
  if (sent.migrate_to_chat_id !== undefined) return { kind: "moved", place, to: String(sent.migrate_to_chat_id) };
  const sender = authorOf(sent);
  if (!sender) return ignored("The message has no sender.", { place });
  if (place.chatKind === "channel") return ignored("Posts of channels are not answered.", { place, sender });
  const raw = sent.text ?? sent.caption ?? "";
  const marks = sent.entities ?? sent.caption_entities ?? [];
  const files = filesOf(sent);
  const text = [withoutName(raw, self), ...wordsOf(sent)].filter((part) => part !== "").join("\n");
  if (text === "" && files.length === 0) return ignored("There was nothing in it that can be read.", { place, sender });
  const reply = sent.reply_to_message;
  const answersSelf = reply?.from !== undefined && String(reply.from.id) === self.id && reply.forum_topic_created === undefined;
  const command = commandOf(raw, marks, self);
  const quoted =
    sent.quote?.text ?? (reply && reply.forum_topic_created === undefined ? (reply.text ?? reply.caption) : undefined);
  const forwardedFrom = forwardOf(sent);
  const event: InboundText = {
    kind: "message",
    place,
    sender,
    messageId: String(sent.message_id),
    text,
    files,
    addressed: answersSelf || marks.some((mark) => isNamed(mark, raw, self)) || command?.named === true,
    edited,
    sentAt: sent.date * 1_000,
    ...(sent.chat.title === undefined ? {} : { chatName: sent.chat.title }),
    ...(command?.forUs ? { command: { name: command.name, args: command.args } } : {}),
    ...(quoted ? { quoted } : {}),
    ...(forwardedFrom === undefined ? {} : { forwardedFrom }),
    ...(sent.media_group_id === undefined ? {} : { albumId: sent.media_group_id }),
  };
  return event;
}

/** Anonymous administrators and channels write as a chat; that chat's id is who they are. */
function authorOf(sent: Message): Sender | undefined {
  const as = sent.sender_chat;
  if (as && sent.chat.type !== "private")
    return { id: String(as.id), name: as.title ?? "Anonymous", isBot: false, ...(as.username ? { username: as.username } : {}) };
  return sent.from && senderFrom(sent.from);
}

function senderFrom(from: z.infer<typeof user>): Sender {
  const name = [from.first_name, from.last_name].filter(Boolean).join(" ");
  return { id: String(from.id), name, isBot: from.is_bot, ...(from.username ? { username: from.username } : {}) };
}

function placeFrom(
  where: z.infer<typeof chat>,
  sent: { message_thread_id?: number | undefined; is_topic_message?: boolean | undefined } | undefined,
): Place {
  const chatKind: ChatKind = where.type === "private" ? "direct" : where.type === "channel" ? "channel" : "group";
  const topic = sent?.is_topic_message ? sent.message_thread_id : undefined;
  // A forum's general topic has no number on its messages; elsewhere it is number one.
  const threadId = topic ?? (where.is_forum && chatKind === "group" && sent ? 1 : undefined);
  return { chatId: String(where.id), chatKind, ...(threadId === undefined ? {} : { threadId: String(threadId) }) };
}

function isNamed(mark: z.infer<typeof entity>, text: string, self: Identity): boolean {
  if (mark.type === "text_mention") return String(mark.user?.id) === self.id;
  if (mark.type !== "mention" || self.username === undefined) return false;
  return text.slice(mark.offset + 1, mark.offset + mark.length).toLowerCase() === self.username.toLowerCase();
}

function commandOf(text: string, marks: readonly z.infer<typeof entity>[], self: Identity) {
  const mark = marks.find(({ type, offset }) => type === "bot_command" && offset === 0);
  if (!mark) return undefined;
  const [name = "", target] = text.slice(1, mark.length).split("@");
  const named = target !== undefined && target.toLowerCase() === self.username?.toLowerCase();
  return { name: name.toLowerCase(), args: text.slice(mark.length).trim(), named, forUs: target === undefined || named };
}

function withoutName(text: string, self: Identity): string {
  if (self.username === undefined) return text.trim();
  return text.replace(new RegExp(`^@${self.username}\\b[,:]?\\s*`, "i"), "").trim();
}

function forwardOf(sent: Message): string | undefined {
  const origin = sent.forward_origin;
  if (!origin) return undefined;
  const person = origin.sender_user && senderFrom(origin.sender_user).name;
  return person ?? origin.sender_user_name ?? origin.sender_chat?.title ?? origin.chat?.title ?? "somebody";
}

type FileKind = InboundFile["kind"];
const named = (kind: FileKind, found: z.infer<typeof file>, mimeType: string, extension: string): InboundFile => ({
  kind,
  reference: found.file_id,
  fileName: found.file_name ?? `${kind}-${found.file_unique_id}.${extension}`,
  mimeType: found.mime_type ?? mimeType,
  ...(found.file_size === undefined ? {} : { sizeBytes: found.file_size }),
});

function filesOf(sent: Message): InboundFile[] {
  const largest = sent.photo?.toSorted((a, b) => (a.file_size ?? 0) - (b.file_size ?? 0)).at(-1);
  const { sticker } = sent;
  // A GIF comes as animation and, for old clients, once more as document.
  const document = sent.animation ? undefined : sent.document;
  return [
    ...(largest ? [named("photo", largest, "image/jpeg", "jpg")] : []),
    ...(sent.voice ? [named("voice", sent.voice, "audio/ogg", "ogg")] : []),
    ...(sent.audio ? [named("audio", sent.audio, "audio/mpeg", "mp3")] : []),
    ...(sent.video ? [named("video", sent.video, "video/mp4", "mp4")] : []),
    ...(sent.video_note ? [named("video", sent.video_note, "video/mp4", "mp4")] : []),
    ...(sent.animation ? [named("video", sent.animation, "video/mp4", "mp4")] : []),
    ...(document ? [named("document", document, "application/octet-stream", "bin")] : []),
    ...(sticker && !sticker.is_animated && !sticker.is_video ? [named("sticker", sticker, "image/webp", "webp")] : []),
  ];
}

/** What is neither text nor file, in words. */
function wordsOf(sent: Message): string[] {
  const { sticker, venue, location, contact, poll, dice } = sent;
  return [
    ...(sticker ? [`[Sticker ${sticker.emoji ?? ""}]`.replace(" ]", "]")] : []),
    ...(venue ? [`[Place: ${venue.title}, ${venue.address}]`] : []),
    ...(location ? [`[Location: ${location.latitude}, ${location.longitude}]`] : []),
    ...(contact ? [`[Contact: ${contact.first_name}, ${contact.phone_number}]`] : []),
    ...(poll ? [`[Poll: ${poll.question} ${poll.options.map((option) => `- ${option.text}`).join(" ")}]`] : []),
    ...(dice ? [`[${dice.emoji} shows ${dice.value}]`] : []),
  ];
}
