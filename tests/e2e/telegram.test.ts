/** Telegram through the whole product: raw workerd, the fake Bot API, the fake provider. What is judged is what the fake saw. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groupId, guestId, messageOf, ownerId, pressUpdate, settled, standing, strangerId } from "../support/telegram.ts";
import { startTelegramWorld, type TelegramWorld } from "../support/telegram-world.ts";

let world: TelegramWorld;
let telegram: TelegramWorld["telegram"];
let client: TelegramWorld["client"];
const ownersGroup = -1_009_999_999_999;

beforeAll(async () => {
  world = await startTelegramWorld();
  ({ telegram, client } = world);
  await world.account({ groups: { [groupId]: {}, [ownersGroup]: { audience: "owner", requireMention: false } } });
}, 60_000);
afterAll(() => world?.close());

const say: TelegramWorld["say"] = (words) => world.say(words);
const asked: TelegramWorld["asked"] = (text) => world.asked(text);
const named = `@molt_test_bot`;

describe("private chats", () => {
  test("the owner is answered in the main conversation, by a placeholder that was edited", async () => {
    say({ text: "hello-1 [[say: hi there]]" });
    const message = await standing(telegram, ownerId, (text) => text === "hi there");
    expect(message.versions[0]).toBe("…");
    expect(await settled(client, "hello-1")).toMatchObject({ fate: "answered", sessionKey: "agent:main:main" });
    expect(telegram.calls.some((call) => call.method === "sendChatAction")).toBe(true);
    expect(telegram.calls.find((call) => call.method === "setMyCommands")?.outcome).toBe("ok");
  });

  test("a guest has a conversation of their own, without the owner's files and tools", async () => {
    await client.request("agents.files.set", { name: "MEMORY.md", content: "The owner's secret is tangerine." });
    say({ from: guestId, text: "guest-1 [[say: hello guest]]" });
    await standing(telegram, guestId, (text) => text === "hello guest");
    expect(await settled(client, "guest-1")).toMatchObject({ sessionKey: `agent:main:telegram:direct:${guestId}` });
    const [request] = asked("guest-1");
    expect(JSON.stringify(request?.body)).not.toContain("tangerine");
    const tools = (request?.body as { tools?: { function: { name: string } }[] } | undefined)?.tools ?? [];
    expect(tools.map((tool) => tool.function.name)).toEqual(["web_fetch"]);
    say({ text: "owner-2 [[say: hello owner]]" });
    await standing(telegram, ownerId, (text) => text === "hello owner");
    expect(JSON.stringify(asked("owner-2")[0]?.body)).toContain("tangerine");
  });

  test("a stranger is shown a code, once, and nothing they wrote is kept or asked", async () => {
    say({ from: strangerId, name: "Mallory", text: "let-me-in" });
    const shown = await standing(telegram, strangerId, (text) => text.includes("code"));
    say({ from: strangerId, name: "The Owner", text: "let-me-in again" });
    const { requests } = await client.request("channels.pairing.list", {});
    expect(requests).toHaveLength(1);
    expect(shown.text).toContain(requests[0]?.code);
    const asking = await standing(telegram, ownerId, (text) => text.includes("asks to be let in"));
    expect(asking.buttons?.flat().map((button) => button.text)).toEqual(["Let in as a guest", "Dismiss"]);
    const { messages } = await client.request("channels.messages.list", { fate: "refused" });
    expect(messages.every((message) => message.preview === "")).toBe(true);
    expect(asked("let-me-in")).toEqual([]);
    // The stranger's own press of the owner's button, and one with its data in another chat: nothing happens.
    const data = asking.buttons?.[0]?.[0]?.callback_data ?? "";
    telegram.push(pressUpdate({ from: strangerId, chat: ownerId, messageId: asking.message_id, data }));
    telegram.push(pressUpdate({ from: guestId, chat: guestId, messageId: 1, data }));
    telegram.push(pressUpdate({ from: ownerId, chat: groupId, messageId: asking.message_id, data }));
    await telegram.waitFor((call) => String(call.params.text).includes("another conversation"));
    expect((await client.request("channels.pairing.list", {})).requests).toHaveLength(1);
    // The owner's press lets them in; a second one finds it decided.
    telegram.push(pressUpdate({ from: ownerId, chat: ownerId, messageId: asking.message_id, data }));
    await standing(telegram, strangerId, (text) => text.includes("You may write"));
    telegram.push(pressUpdate({ from: ownerId, chat: ownerId, messageId: asking.message_id, data }));
    await telegram.waitFor((call) => String(call.params.text).includes("decided already"));
    say({ from: strangerId, text: "stranger-1 [[say: welcome]]" });
    await standing(telegram, strangerId, (text) => text === "welcome");
    // A block is final, whatever the policy says.
    await client.request("channels.senders.set", { channel: "telegram", senderId: String(strangerId), role: "blocked" });
    say({ from: strangerId, text: "stranger-2" });
    say({ text: "after-block [[say: still here]]" });
    await standing(telegram, ownerId, (text) => text === "still here");
    expect(asked("stranger-2")).toEqual([]);
  });

  test("whoever takes the owner's name is a stranger", async () => {
    say({ from: 444_444, name: "Owner", username: "owner", text: "renamed-1" });
    await standing(telegram, 444_444, (text) => text.includes("I do not know you"));
    expect(asked("renamed-1")).toEqual([]);
  });
});

describe("commands and buttons", () => {
  test("are answered, and are the owner's where they reach further", async () => {
    say({ text: "/status" });
    await standing(telegram, ownerId, (text) => text.includes("fake-1"));
    say({ text: "/help@molt_test_bot" });
    await standing(telegram, ownerId, (text) => text.includes("/new"));
    say({ from: guestId, text: "/model" });
    await standing(telegram, guestId, (text) => text.includes("for the owner alone"));
    expect((await settled(client, "/model")).fate).toBe("refused");
    say({ text: "/new" });
    await standing(telegram, ownerId, (text) => text.includes("A new conversation"));
    say({ text: "fresh-1 [[say: fresh]]" });
    await standing(telegram, ownerId, (text) => text === "fresh");
    expect(JSON.stringify(asked("fresh-1")[0]?.body)).not.toContain("hello-1");
  });

  test("an approval shows the whole call, and one press decides it", async () => {
    say({ text: '[[tool: write {"path":"USER.md","content":"likes tea"}]] [[then]] [[say: noted]]' });
    const asking = await standing(telegram, ownerId, (text) => text.includes("May I use write"));
    expect(asking.text).toContain("likes tea");
    const allow = asking.buttons?.flat().find((button) => button.text === "Allow once");
    // A guest who learns the data can do nothing with it.
    telegram.push(pressUpdate({ from: guestId, chat: ownerId, messageId: asking.message_id, data: allow?.callback_data ?? "" }));
    await telegram.waitFor((call) => call.method === "answerCallbackQuery" && /owner alone/.test(String(call.params.text)));
    telegram.push(pressUpdate({ from: ownerId, chat: ownerId, messageId: asking.message_id, data: allow?.callback_data ?? "" }));
    await standing(telegram, ownerId, (text) => text === "noted");
    await standing(telegram, ownerId, (text) => text.includes("Allowed once."));
    expect((await client.request("agents.files.get", { name: "USER.md" })).file.content).toBe("likes tea");
  });
});

describe("groups", () => {
  test("only what names the assistant is answered; everyone is a guest there, the owner too", async () => {
    say({ chat: groupId, from: 555, text: "group-chatter" });
    say({ chat: groupId, from: 555, name: "Bob", text: `${named} group-1 [[say: hello group]]` });
    const answer = await standing(telegram, groupId, (text) => text === "hello group");
    const row = await settled(client, "group-1");
    expect(row).toMatchObject({ fate: "answered", sessionKey: `agent:main:telegram:group:${groupId}` });
    expect(asked("group-chatter")).toEqual([]);
    expect(telegram.chats.reactions.some((reaction) => reaction.chatId === groupId && reaction.emoji === "👀")).toBe(true);
    expect(JSON.stringify(asked("group-1")[0]?.body)).toContain("Bob");
    // A reply to the assistant counts as naming it.
    const reply_to_message = {
      ...messageOf({ chat: groupId, text: "hello group", messageId: answer.message_id }),
      from: botUser(),
    };
    say({ chat: groupId, from: ownerId, text: "group-2 [[say: again]]", extra: { reply_to_message } });
    await standing(telegram, groupId, (text) => text === "again");
    expect(JSON.stringify(asked("group-2")[0]?.body)).not.toContain("tangerine");
  });

  test("a member cannot reset, stop or choose; a group that is not listed gets nothing", async () => {
    say({ chat: groupId, from: 555, text: "/new@molt_test_bot" });
    await standing(telegram, groupId, (text) => text.includes("for the owner alone"));
    const other = -1_005_000_000_000;
    say({ chat: other, from: ownerId, text: `${named} unlisted-1` });
    say({ text: "marker-1 [[say: marker one]]" });
    await standing(telegram, ownerId, (text) => text === "marker one");
    expect(telegram.chats.in(other)).toEqual([]);
    expect(asked("unlisted-1")).toEqual([]);
  });

  test("topics are conversations of their own; the owner's group is the owner's", async () => {
    say({ chat: ownersGroup, forum: true, threadId: 7, text: "topic-1 [[say: in topic]]" });
    const message = await standing(telegram, ownersGroup, (text) => text === "in topic");
    expect(message.threadId).toBe(7);
    expect((await settled(client, "topic-1")).sessionKey).toBe(`agent:main:telegram:group:${ownersGroup}:topic:7`);
    expect(JSON.stringify(asked("topic-1")[0]?.body)).toContain("tangerine");
    say({ chat: ownersGroup, forum: true, text: "general-1 [[say: in general]]" });
    expect((await standing(telegram, ownersGroup, (text) => text === "in general")).threadId).toBeUndefined();
    say({ chat: ownersGroup, from: guestId, text: "intruder-1" });
    say({ text: "marker-2 [[say: marker two]]" });
    await standing(telegram, ownerId, (text) => text === "marker two");
    expect(asked("intruder-1")).toEqual([]);
  });
});

const botUser = () => ({ id: telegram.bot.id, is_bot: true, first_name: "Molt Test", username: telegram.bot.username });

describe("files", () => {
  test("a photo, a document and an album come in; what is too large is said", async () => {
    telegram.chats.addFile("files/pic", new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
    telegram.chats.addFile("files/doc", new TextEncoder().encode("document words"));
    const photo = [{ file_id: "pic", file_unique_id: "p", file_size: 7, width: 1, height: 1 }];
    say({ extra: { caption: "album-1 [[say: saw both]]", photo, media_group_id: "a1" } });
    say({ extra: { photo, media_group_id: "a1" } });
    await standing(telegram, ownerId, (text) => text === "saw both");
    expect(asked("album-1")).toHaveLength(1);
    const document = { file_id: "doc", file_unique_id: "d", file_name: "notes.txt", mime_type: "text/plain", file_size: 14 };
    say({ extra: { caption: "doc-1 [[say: read it]]", document } });
    await standing(telegram, ownerId, (text) => text === "read it");
    expect(JSON.stringify(asked("doc-1")[0]?.body)).toContain("document words");
    say({ extra: { caption: "big-1", document: { ...document, file_size: 25_000_000 } } });
    await standing(telegram, ownerId, (text) => text.includes("larger than 20 MB"));
    expect(JSON.stringify(asked("big-1")[0]?.body)).toContain("larger than 20 MB");
  });

  test("a picture of the workspace goes out as one", async () => {
    await client.request("agents.files.set", { name: "chart.png", content: "not really a picture" });
    say({ text: "[[say: Here is the chart. ![The chart](chart.png)]]" });
    await standing(telegram, ownerId, (text) => text.includes("chart.png The chart"));
    await standing(telegram, ownerId, (text) => text === "Here is the chart.");
  });
});

describe("answers", () => {
  test("long ones are split, formatting that is refused becomes plain text, a failure is told", async () => {
    say({ text: "long-1 [[tokens: 3000]]" });
    const row = await settled(client, "long-1");
    expect(row.sends.length).toBeGreaterThan(1);
    expect(row.sends.every((send) => send.state === "confirmed")).toBe(true);
    say({ text: "format-1 [[say: **REFUSE-FORMAT**]]" });
    await standing(telegram, ownerId, (text) => text === "REFUSE-FORMAT");
    say({ text: "fail-1 [[fault: 401*9]]" });
    await standing(telegram, ownerId, (text) => text.startsWith("⚠️"));
    expect((await settled(client, "fail-1")).fate).toBe("failed");
  });

  test("who has blocked the bot leaves a dead letter that a person can send again", async () => {
    telegram.chats.blockedBy.add(guestId);
    say({ from: guestId, text: "blocked-1 [[say: cannot reach you]]" });
    const row = await settled(client, "blocked-1");
    expect(row).toMatchObject({ fate: "failed" });
    expect(row.reason).toContain("blocked by the user");
    telegram.chats.blockedBy.delete(guestId);
    const { sends } = await client.request("channels.outbox.list", { state: "dead" });
    await client.request("channels.outbox.retry", { id: sends[0]?.id ?? "" });
    await standing(telegram, guestId, (text) => text === "cannot reach you");
  });

  test("an edited message is told as such", async () => {
    const messageId = 77_001;
    say({ messageId, text: "edit-1 [[say: first version]]" });
    await standing(telegram, ownerId, (text) => text === "first version");
    const extra = { edit_date: Math.floor(Date.now() / 1_000) };
    telegram.push({ edited_message: messageOf({ messageId, text: "edit-1b [[say: second version]]", extra }) });
    await standing(telegram, ownerId, (text) => text === "second version");
  });

  test("a live test message reaches the owner", async () => {
    const { send } = await client.request("channels.sendTest", { channel: "telegram" });
    expect(send.kind).toBe("test");
    await standing(telegram, ownerId, (text) => text.includes("This is a test message"));
  });
});
