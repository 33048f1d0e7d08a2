/** `moltworker channels …` against a running assistant: what there is, who asks, and what did not arrive. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { guestId, settled, standing, strangerId } from "../support/telegram.ts";
import { startTelegramWorld, type TelegramWorld } from "../support/telegram-world.ts";

let world: TelegramWorld;
beforeAll(async () => {
  world = await startTelegramWorld();
}, 60_000);
afterAll(() => world?.close());

const run = (...args: string[]) => world.server.run("channels", ...args);

/** An answer to a guest that Telegram refuses for good; resolves to its id. */
async function deadLetter(word: string): Promise<string> {
  world.telegram.chats.blockedBy.add(guestId);
  world.say({ from: guestId, text: `${word} [[say: for you, ${word}]]` });
  const row = await settled(world.client, word);
  world.telegram.chats.blockedBy.delete(guestId);
  return row.sends[0]?.id ?? "";
}

test("list names every channel and its accounts", async () => {
  const { code, events } = await run("list");
  expect(code).toBe(0);
  expect(events[0]).toMatchObject({
    type: "channels",
    kinds: [{ id: "telegram", capabilities: ["streaming", "reactions", "buttons", "typing", "files"] }, { id: "webhook" }],
    accounts: [{ channel: "telegram", accountId: "default" }],
  });
});

test("messages shows the fate of each and the receipts of its answer; people shows who is known", async () => {
  world.say({ from: guestId, name: "Grace", text: "logged-1 [[say: for the log]]" });
  const answer = await standing(world.telegram, guestId, (text) => text === "for the log");
  await settled(world.client, "logged-1");
  world.say({ from: 990_001, text: "never kept" });
  await standing(world.telegram, 990_001, (text) => text.includes("Show this code"));
  const { events } = await run("messages", "--limit", "5");
  const log = events[0]?.messages as { preview: string; fate: string; sends: { receipt: string | null }[] }[];
  expect(log.find((row) => row.preview.startsWith("logged-1"))).toMatchObject({
    fate: "answered",
    sends: [{ state: "confirmed", receipt: String(answer.message_id) }],
  });
  const refused = await run("messages", "--fate", "refused");
  expect(refused.events[0]).toMatchObject({
    messages: [{ senderId: "990001", preview: "", reason: expect.stringContaining("not paired") }],
  });
  expect((await run("messages", "--fate", "eaten")).code).not.toBe(0);
  const people = (await run("people", "--channel", "telegram")).events[0]?.people as { senderId: string; role: string }[];
  expect(people.find((one) => one.senderId === String(guestId))).toMatchObject({
    name: "Grace",
    role: "guest",
    source: "settings",
  });
});

test("pair reject turns somebody away, once", async () => {
  world.say({ from: strangerId, name: "Mallory", text: "let me in" });
  await standing(world.telegram, strangerId, (text) => text.includes("Show this code"));
  const waiting = ((await run("pair", "list")).events[0]?.pairings ?? []) as { code: string; name: string }[];
  const asked = waiting.find((one) => one.name === "Mallory");
  expect((await run("pair", "reject", asked?.code ?? "")).events[0]).toMatchObject({ request: { name: "Mallory" } });
  const again = await run("pair", "reject", asked?.code ?? "");
  expect(again.code).not.toBe(0);
  expect(JSON.stringify(again.events)).toContain("no request with this code is waiting");
});

test("retry sends a dead letter again; discard leaves it, and it is asked about no more", async () => {
  const first = await deadLetter("retried-1");
  expect(JSON.stringify((await run("status")).events[0])).toContain("blocked by the user");
  expect((await run("retry", first)).events[0]).toMatchObject({ type: "send", send: { id: first } });
  await standing(world.telegram, guestId, (text) => text === "for you, retried-1");
  expect((await run("retry", first)).code).not.toBe(0);
  const second = await deadLetter("discarded-1");
  expect((await run("discard", second)).code).toBe(0);
  expect(JSON.stringify((await run("status")).events[0])).not.toContain(second);
  expect(world.telegram.chats.texts(guestId)).not.toContain("for you, discarded-1");
  expect((await run("discard", "out_nothing")).code).not.toBe(0);
});
