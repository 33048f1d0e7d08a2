/**
 * Who may what on Telegram: every kind of update from every kind of sender, and every command and button. What is refused leaves
 * no words behind, reaches no model and changes nothing.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChannelMessageRow } from "../../packages/protocol/src/channels.ts";
import { schemaFaults } from "../fakes/telegram-schema.ts";
import { groupId, guestId, ownerId, pressUpdate, standing, strangerId } from "../support/telegram.ts";
import { answerable, type From, unanswerable } from "../support/telegram-updates.ts";
import { startTelegramWorld, type TelegramWorld } from "../support/telegram-world.ts";

const elsewhere = -1_005_550_000_000;
const offGroup = -1_006_660_000_000;
const memberId = 555;
const blockedId = 666;

let world: TelegramWorld;
beforeAll(async () => {
  world = await startTelegramWorld();
  // The table is about who, not about pace.
  world.telegram.chats.addEvery(new TextEncoder().encode("bytes"));
  await world.account({
    ackReaction: "off",
    queueMode: "collect",
    groups: { [groupId]: {}, [offGroup]: { enabled: false } },
  });
  await world.client.request("channels.senders.set", { channel: "telegram", senderId: String(blockedId), role: "blocked" });
}, 60_000);
afterAll(() => world?.close());

const botReply = () => ({
  reply_to_message: {
    ...{ message_id: 1, date: 1, text: "hello" },
    from: { id: world.telegram.bot.id, is_bot: true, first_name: "Molt Test" },
    chat: { id: groupId, type: "supergroup", title: "The group" },
  },
});

type Who = "owner" | "guest" | "stranger" | "blocked" | "member" | "owner in group" | "chatter" | "elsewhere" | "off group";
const senders: Record<Who, () => From> = {
  owner: () => ({ from: ownerId, chat: ownerId }),
  guest: () => ({ from: guestId, chat: guestId }),
  stranger: () => ({ from: strangerId, chat: strangerId }),
  blocked: () => ({ from: blockedId, chat: blockedId }),
  member: () => ({ from: memberId, chat: groupId, extra: botReply() }),
  "owner in group": () => ({ from: ownerId, chat: groupId, extra: botReply() }),
  chatter: () => ({ from: memberId, chat: groupId }),
  elsewhere: () => ({ from: ownerId, chat: elsewhere, extra: botReply() }),
  "off group": () => ({ from: ownerId, chat: offGroup, extra: botReply() }),
};
const letIn: readonly Who[] = ["owner", "guest", "member", "owner in group"];
const wanted = (who: Who) => (letIn.includes(who) ? "answered" : who === "chatter" ? "ignored" : "refused");

async function rowsOf(ids: ReadonlyMap<string, string>): Promise<Map<string, ChannelMessageRow>> {
  for (const end = Date.now() + 90_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const found = new Map<string, ChannelMessageRow>();
    for (let before: string | undefined; ; ) {
      const page = await world.client.request("channels.messages.list", { limit: 200, ...(before ? { before } : {}) });
      for (const row of page.messages) {
        const name = ids.get(row.updateId);
        if (name !== undefined && row.fate !== "received") found.set(name, row);
      }
      if (!page.hasMore) break;
      before = page.messages.at(-1)?.id;
    }
    if (found.size === ids.size || Date.now() > end) return found;
  }
}

/** One that has a run will be answered, at the chat's pace. */
const fateOf = (row: ChannelMessageRow | undefined) => (row?.fate === "queued" ? "answered" : row?.fate);

const push = (updates: Record<string, Record<string, unknown>>) =>
  new Map(Object.entries(updates).map(([name, update]) => [String(world.telegram.push(update)), name]));

describe("every kind of update", () => {
  test.each(Object.keys(senders) as Who[])("from %s", async (who) => {
    const token = `word-${who.replaceAll(" ", "-")}`;
    const sessions = await world.client.request("sessions.list", {});
    const told = answerable(senders[who](), `${token} [[say: ok]]`);
    const rows = await rowsOf(push(told));
    expect(Object.fromEntries([...rows].map(([name, row]) => [name, fateOf(row)]))).toEqual(
      Object.fromEntries(Object.keys(told).map((name) => [name, wanted(who)])),
    );
    if (letIn.includes(who)) return expect.poll(() => world.asked(token).length, { timeout: 60_000 }).toBeGreaterThan(0);
    expect(world.asked(token)).toEqual([]);
    expect([...rows.values()].map((row) => row.preview).join("")).toBe("");
    expect([...rows.values()].filter((row) => row.runId !== null || row.sessionKey !== null)).toEqual([]);
    expect((await world.client.request("sessions.list", {})).sessions.length).toBe(sessions.sessions.length);
  });

  test.each(Object.keys(senders) as Who[])("what is no message, from %s: never answered", async (who) => {
    const rows = await rowsOf(push(unanswerable(senders[who]())));
    expect(rows.size).toBe(Object.keys(unanswerable(senders[who]())).length);
    expect([...rows].filter(([, row]) => row.fate !== "ignored" || row.runId !== null)).toEqual([]);
    expect([...rows].filter(([, row]) => row.sends.length > 0)).toEqual([]);
  });
});

describe("every command", () => {
  const ownersAlone = ["/model", "/model openai-compatible/fake-2", "/approve ABCD2345"];
  const cutting = ["/new", "/stop"];
  const asking = ["/status", "/usage", "/whoami", "/help"];
  const all = [...asking, ...cutting, ...ownersAlone];
  const may: Record<Who, readonly string[]> = {
    owner: all,
    guest: [...asking, ...cutting],
    member: asking,
    "owner in group": all,
    chatter: asking,
    stranger: [],
    blocked: [],
    elsewhere: [],
    "off group": [],
  };

  test.each(Object.keys(senders) as Who[])(
    "from %s",
    async (who) => {
      const model = async () => (await world.client.request("sessions.list", {})).sessions.map((one) => one.model);
      const before = await model();
      const ids = new Map(all.map((text) => [String(world.say({ ...senders[who](), text })), text]));
      const fates = Object.fromEntries([...(await rowsOf(ids))].map(([text, row]) => [text, row.fate]));
      // `/approve` with a code that nobody was shown is answered with a refusal even to the owner.
      const expected = (text: string) => (may[who].includes(text) && !text.startsWith("/approve") ? "handled" : "refused");
      expect(fates).toEqual(Object.fromEntries(all.map((text) => [text, expected(text)])));
      if (!may[who].includes("/model")) expect(await model()).toEqual(before);
    },
    180_000,
  );
});

describe("buttons", () => {
  /** The owner's own button that chooses a model, still unpressed. */
  async function modelButton() {
    world.say({ from: ownerId, text: "/model" });
    const asking = await standing(world.telegram, ownerId, (text) => text.includes("Choose another"));
    return { messageId: asking.message_id, data: asking.buttons?.flat()[0]?.callback_data ?? "" };
  }
  const press = async (update: Record<string, unknown>) => (await rowsOf(push({ press: update }))).get("press");
  const modelNow = async () =>
    (await world.client.request("sessions.list", {})).sessions.find((one) => one.key === "agent:main:main")?.model;

  test("are bound to their chat, their message and the owner, and work once", async () => {
    await world.client.request("sessions.patch", { key: "agent:main:main", model: "openai-compatible/fake-1" });
    const { messageId, data } = await modelButton();
    const before = await modelNow();
    const wrong: [string, Record<string, unknown>][] = [
      ["a stranger", pressUpdate({ from: strangerId, chat: ownerId, messageId, data })],
      ["a guest in the owner's chat", pressUpdate({ from: guestId, chat: ownerId, messageId, data })],
      ["a guest in their own", pressUpdate({ from: guestId, chat: guestId, messageId, data })],
      ["a member of a group", pressUpdate({ from: memberId, chat: groupId, messageId, data })],
      ["the owner in another chat", pressUpdate({ from: ownerId, chat: groupId, messageId, data })],
      ["the owner under another message", pressUpdate({ from: ownerId, chat: ownerId, messageId: messageId + 1, data })],
      ["a blocked person", pressUpdate({ from: blockedId, chat: ownerId, messageId, data })],
      ["the owner with data that was made up", pressUpdate({ from: ownerId, chat: ownerId, messageId, data: "A".repeat(32) })],
    ];
    for (const [who, update] of wrong) expect([who, (await press(update))?.fate]).toEqual([who, "refused"]);
    expect(await modelNow()).toBe(before);
    expect((await press(pressUpdate({ from: ownerId, chat: ownerId, messageId, data })))?.fate).toBe("handled");
    expect(await modelNow()).not.toBe(before);
    expect((await press(pressUpdate({ from: ownerId, chat: ownerId, messageId, data })))?.reason).toContain("decided already");
  });
});

describe("who somebody is", () => {
  test("is their number: a stranger who takes the owner's name and handle is shown a code, and an owner who is renamed stays one", async () => {
    world.say({ from: 777_777, chat: 777_777, name: `Person ${ownerId}`, username: "owner", text: "renamed-in" });
    await standing(world.telegram, 777_777, (text) => text.includes("I do not know you"));
    expect(world.asked("renamed-in")).toEqual([]);
    world.say({ from: ownerId, name: "Somebody Else", username: "else", text: "renamed-out [[say: still yours]]" });
    await standing(world.telegram, ownerId, (text) => text === "still yours");
  });

  test("an anonymous administrator is the group, and a channel that writes there is that channel", async () => {
    const sender_chat = { id: groupId, type: "supergroup", title: "The group" };
    const anonymous = { from: 1_087_968_824, name: "Group", chat: groupId };
    const rows = await rowsOf(
      push({
        named: answerable({ ...anonymous, extra: { ...botReply(), sender_chat } }, "anon-1 [[say: ok]]").text ?? {},
        command: answerable({ ...anonymous, extra: { ...botReply(), sender_chat } }, "/new").text ?? {},
      }),
    );
    expect(fateOf(rows.get("named"))).toBe("answered");
    expect(rows.get("named")?.senderId).toBe(String(groupId));
    expect(rows.get("command")).toMatchObject({ fate: "refused" });
  });
});

test("all that went over the wire has the types of the Bot API", () => {
  const { sent } = world.telegram;
  // The one update that no Bot API has yet is not judged by today's.
  world.telegram.sent = sent.filter((update) => !("something_of_next_year" in update));
  expect(schemaFaults(world.telegram)).toEqual([]);
});
