/** What an owner lives with: people let in by a code, one person on two channels, a group that moves, commands, a bot that is wrong. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schemaFaults } from "../fakes/telegram-schema.ts";
import {
  groupId,
  guestId,
  messageOf,
  messageUpdate,
  ownerId,
  pressUpdate,
  settled,
  standing,
  strangerId,
} from "../support/telegram.ts";
import { startTelegramWorld, type TelegramWorld } from "../support/telegram-world.ts";
import { type Receiver, signedStandard, startReceiver } from "../support/webhooks.ts";

let world: TelegramWorld;
let receiver: Receiver;
const named = "@molt_test_bot";

beforeAll(async () => {
  receiver = await startReceiver();
  world = await startTelegramWorld();
  await world.account({ groups: { [groupId]: {} }, ackReaction: "off" });
}, 60_000);
afterAll(async () => {
  await world?.close();
  await receiver?.close();
});

describe("letting somebody in from the conversation", () => {
  test("the owner writes /approve and the code; a guest and a wrong code change nothing", async () => {
    world.say({ from: strangerId, name: "Mallory", text: "hello?" });
    await standing(world.telegram, strangerId, (text) => text.includes("Show this code"));
    const code = (await world.client.request("channels.pairing.list", {})).requests[0]?.code ?? "";
    world.say({ from: guestId, text: `/approve ${code}` });
    await standing(world.telegram, guestId, (text) => text.includes("for the owner alone"));
    world.say({ text: "/approve WRONG234" });
    await standing(world.telegram, ownerId, (text) => text.includes("no request with this code"));
    expect((await world.client.request("channels.pairing.list", {})).requests).toHaveLength(1);
    world.say({ text: `/approve ${code.toLowerCase().replace(/(.{4})/, "$1-")}` });
    await standing(world.telegram, ownerId, (text) => text.includes("Mallory may write now"));
    await standing(world.telegram, strangerId, (text) => text === "You may write to me now.");
    world.say({ from: strangerId, text: "let-in-1 [[say: welcome]]" });
    await standing(world.telegram, strangerId, (text) => text === "welcome");
    expect(JSON.stringify(world.asked("let-in-1")[0]?.body)).not.toContain("MEMORY.md");
  });
});

describe("who may write in private", () => {
  const fateOf = async (from: number, text: string) => {
    const id = String(world.say({ from, text }));
    const find = async () =>
      (await world.client.request("channels.messages.list", { limit: 20 })).messages.find((row) => row.updateId === id);
    await expect.poll(async () => (await find())?.fate ?? "received", { timeout: 20_000 }).not.toMatch(/received|queued/);
    return find();
  };

  test.each([
    ["pairing", 610_001, "refused", 1],
    ["allowlist", 610_002, "refused", 0],
    ["open", 610_003, "answered", 1],
    ["disabled", 610_004, "refused", 0],
  ])("%s: a stranger", async (dmPolicy, stranger, fate, messages) => {
    await world.account({ dmPolicy });
    expect(await fateOf(stranger, `policy-${dmPolicy} [[say: come in]]`)).toMatchObject({ fate });
    expect(world.asked(`policy-${dmPolicy}`)).toHaveLength(dmPolicy === "open" ? 1 : 0);
    await expect.poll(() => world.telegram.chats.in(stranger).length).toBe(messages);
    const known = await fateOf(guestId, `known-${dmPolicy} [[say: hello again]]`);
    expect(known?.fate).toBe(dmPolicy === "disabled" ? "refused" : "answered");
    await world.account({ dmPolicy: "pairing" });
  });

  test("a group may have a list of its own", async () => {
    const listed = -1_002_220_000_000;
    await world.account({ groups: { [listed]: { allowFrom: ["555"], requireMention: false } } });
    for (const from of [556, 555]) world.say({ chat: listed, from, text: `group-list-${from} [[say: for ${from}]]` });
    await standing(world.telegram, listed, (text) => text === "for 555");
    expect(world.asked("group-list-556")).toEqual([]);
  });

  test("a group that is no supergroup is one too", async () => {
    const chat = { id: -400_777, type: "group", title: "A small one" };
    await world.account({ groups: { [chat.id]: {} } });
    world.say({ from: 555, extra: { chat }, text: `${named} small-group [[say: hello, small group]]` });
    await standing(world.telegram, chat.id, (text) => text === "hello, small group");
    expect((await settled(world.client, "small-group")).sessionKey).toBe(`agent:main:telegram:group:${chat.id}`);
  });
});

test("what may have arrived is not sent again by itself; a person decides", async () => {
  const texts = () => world.telegram.chats.texts(guestId).filter((text) => text.includes("test message"));
  world.telegram.fault = (call) => (call.method === "sendMessage" ? { kind: "lost" } : undefined);
  const { send } = await world.client.request("channels.sendTest", { channel: "telegram", to: String(guestId) });
  const found = async () =>
    (await world.client.request("channels.outbox.list", { limit: 200 })).sends.find((one) => one.id === send.id);
  await expect.poll(async () => (await found())?.state, { timeout: 20_000 }).toBe("unknown");
  world.telegram.fault = undefined;
  expect((await found())?.error).toContain("may have arrived");
  // Others go out to that chat meanwhile: it is not waiting for its turn.
  world.say({ from: guestId, text: "after-unknown [[say: next]]" });
  await standing(world.telegram, guestId, (text) => text === "next");
  expect(texts()).toHaveLength(1);
  await world.client.request("channels.outbox.retry", { id: send.id });
  await expect.poll(async () => (await found())?.state, { timeout: 20_000 }).toBe("confirmed");
  expect(texts()).toHaveLength(2);
});

describe("one person on two channels", () => {
  test("linked identities share a conversation; whoever is not linked does not", async () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const app = { dmPolicy: "open", allowFrom: ["*"], options: { url: receiver.url } };
    const links = { ada: [`telegram:${guestId}`, "webhook:ada-in-the-app"] };
    await world.channels({ dmScope: "per-peer", identityLinks: links, accounts: { webhook: { default: app } } });
    await world.client.request("channels.connect", { channel: "webhook", secrets: { secret } });
    world.say({ from: guestId, text: "linked-1 my cat is called Mog [[say: noted]]" });
    await standing(world.telegram, guestId, (text) => text === "noted");
    const post = async (sender: string, text: string) => {
      const body = JSON.stringify({ text, sender });
      const headers = { "content-type": "application/json", ...signedStandard(secret, body, `id-${sender}`) };
      return (await fetch(`${world.server.url}channels/webhook/default`, { method: "POST", headers, body })).status;
    };
    expect(await post("ada-in-the-app", "linked-2 what is my cat called? [[say: Mog]]")).toBe(200);
    const row = await settled(world.client, "linked-2");
    expect(row.sessionKey).toBe("agent:main:direct:ada");
    expect(JSON.stringify(world.asked("linked-2")[0]?.body)).toContain("my cat is called Mog");
    expect(await post("bob-in-the-app", "linked-3 what is my cat called? [[say: no idea]]")).toBe(200);
    expect((await settled(world.client, "linked-3")).sessionKey).not.toBe(row.sessionKey);
    expect(JSON.stringify(world.asked("linked-3")[0]?.body)).not.toContain("Mog");
    await world.channels({ dmScope: "main", identityLinks: { ada: null } });
  });
});

describe("a group that becomes a supergroup", () => {
  const movedId = -1_009_876_543_210;
  const moved = () => {
    world.telegram.fault = (call) =>
      call.params.chat_id === groupId && (call.method.startsWith("send") || call.method.startsWith("edit"))
        ? { ...upgraded, parameters: { migrate_to_chat_id: movedId } }
        : undefined;
  };
  const upgraded = {
    kind: "error" as const,
    status: 400,
    description: "Bad Request: group chat was upgraded to a supergroup chat",
  };

  test("an answer that is on its way finds it, and its settings and conversation move along", async () => {
    moved();
    world.say({ chat: groupId, from: 555, text: `${named} before-move the word is walrus [[say: answered after the move]]` });
    await standing(world.telegram, movedId, (text) => text === "answered after the move");
    expect((await settled(world.client, "before-move")).fate).toBe("answered");
    world.say({ chat: movedId, from: 555, text: `${named} after-move [[say: the same group]]` });
    await standing(world.telegram, movedId, (text) => text === "the same group");
    expect((await settled(world.client, "after-move")).sessionKey).toBe(`agent:main:telegram:group:${groupId}`);
    expect(JSON.stringify(world.asked("after-move")[0]?.body)).toContain("walrus");
    world.telegram.fault = undefined;
  });

  test("Telegram's own word of it is enough; a group that nothing was set for stays unheard", async () => {
    const [from, to, other] = [-400_001, -1_004_000_000_001, -1_004_000_000_002];
    await world.account({ groups: { [from]: { requireMention: false } } });
    const service = (id: number, target: number) => ({
      message: messageOf({ from: 555, chat: id, extra: { migrate_to_chat_id: target } }),
    });
    world.telegram.push(service(from, to));
    world.telegram.push(service(-400_002, other));
    world.telegram.push(messageUpdate({ chat: to, from: 555, text: "moved-quietly [[say: still without a name]]" }));
    await standing(world.telegram, to, (text) => text === "still without a name");
    world.telegram.push(messageUpdate({ chat: other, from: 555, text: `${named} unknown-group` }));
    await expect.poll(async () => (await newest()).chatId).toBe(String(other));
    expect((await newest()).fate).toBe("refused");
    expect(world.telegram.chats.in(other)).toEqual([]);
  });

  test("buttons that were made before it are pressed after it, by those who may", async () => {
    const [from, to] = [-400_010, -1_004_000_000_010];
    await world.account({ groups: { [from]: { audience: "owner" } } });
    world.telegram.fault = (call) =>
      call.params.chat_id === from && call.method.startsWith("send")
        ? { ...upgraded, parameters: { migrate_to_chat_id: to } }
        : undefined;
    world.say({ chat: from, text: "/model" });
    const asking = await standing(world.telegram, to, (text) => text.includes("Choose another"));
    world.telegram.fault = undefined;
    const button = { messageId: asking.message_id, data: asking.buttons?.flat()[0]?.callback_data ?? "" };
    await expect.poll(async () => (await newest()).fate).toBe("handled");
    for (const [who, chat, fate] of [
      [ownerId, -1_004_000_000_001, "refused"],
      [guestId, to, "refused"],
      [ownerId, to, "handled"],
    ] as const) {
      const id = String(world.telegram.push(pressUpdate({ from: who, chat, ...button })));
      await expect.poll(async () => (await newest()).updateId).toBe(id);
      await expect.poll(async () => (await newest()).fate).toBe(fate);
    }
  });

  const newest = async () => {
    const [row] = (await world.client.request("channels.messages.list", { limit: 1 })).messages;
    if (!row) throw new Error("there is no message");
    return row;
  };
});

describe("commands", () => {
  test("/stop ends what runs, and the chat is told; /usage and /status say where things stand", async () => {
    world.say({ text: "/stop" });
    await standing(world.telegram, ownerId, (text) => text === "Nothing is running here.");
    world.say({ text: "long-run [[tokens: 4000]] [[delay: 40]]" });
    await expect.poll(() => world.asked("long-run").length, { timeout: 20_000 }).toBe(1);
    world.say({ text: "/status" });
    await standing(world.telegram, ownerId, (text) => text.includes("An answer is being made."));
    world.say({ text: "/stop" });
    await standing(world.telegram, ownerId, (text) => text === "Stopped.");
    await standing(world.telegram, ownerId, (text) => text.includes("(Stopped.)"));
    expect(await settled(world.client, "long-run")).toMatchObject({ reason: expect.stringContaining("stopped") });
    world.say({ text: "/usage" });
    const usage = await standing(world.telegram, ownerId, (text) => text.includes("tokens in"));
    expect(usage.text).toMatch(/\d+ tokens in, \d+ out, \$\d+\.\d{4}/);
  });

  test("/new keeps what was said and starts afresh; an unknown command is a message like any other", async () => {
    world.say({ text: "remember-heron [[say: ok heron]]" });
    await standing(world.telegram, ownerId, (text) => text === "ok heron");
    world.say({ text: "/new" });
    await standing(world.telegram, ownerId, (text) => text.includes("A new conversation"));
    world.say({ text: "after-new [[say: afresh]]" });
    await standing(world.telegram, ownerId, (text) => text === "afresh");
    expect(JSON.stringify(world.asked("after-new")[0]?.body)).not.toContain("heron");
    world.say({ text: "/frobnicate now [[say: no such command here]]" });
    await standing(world.telegram, ownerId, (text) => text === "no such command here");
  });
});

test("a bot token that is wrong stops Telegram alone: it says so, and everything else works", async () => {
  const bad = await startTelegramWorld({ TELEGRAM_BOT_TOKEN: "7000000001:WRONGwrongWRONGwrongWRONGwrongWRONG" });
  const account = async () => (await bad.client.request("channels.status", {})).channelAccounts.telegram?.[0];
  await expect.poll(async () => (await account())?.state, { timeout: 20_000 }).toBe("failed");
  expect(await account()).toMatchObject({ error: { details: { code: "CHANNEL_TOKEN_REJECTED" } }, running: false });
  await bad.client.request("chat.send", { sessionKey: "agent:main:main", message: "[[say: here]]", idempotencyKey: "web-1" });
  expect(await bad.client.request("agent.wait", { runId: "web-1", timeoutMs: 20_000 })).toMatchObject({ status: "ok" });
  const { checks } = await bad.client.request("doctor.run", { ids: ["channels"] });
  expect(JSON.stringify(checks)).toContain("CHANNEL_TOKEN_REJECTED");
  const polls = bad.telegram.calls.filter((call) => call.method === "getUpdates").length;
  expect(polls).toBe(0);
  await bad.close();
});

test("all that went over the wire has the types of the Bot API", () => {
  expect(schemaFaults(world.telegram)).toEqual([]);
});
