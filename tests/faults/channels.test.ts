/**
 * Channels under `kill -9` and a provider that fails in every way, judged by what the fake Bot API recorded: each update has
 * one run and one answer, none is lost, none is doubled, order is kept, nobody is called before the time that was asked for.
 *
 * CHANNEL_UPDATES, CHANNEL_KILLS, CHANNEL_SENDS and FAULT_SEED scale it; the defaults are the short form, `npm run test:faults`
 * takes the long one.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TelegramCall } from "../fakes/telegram-methods.ts";
import { createRandom } from "../support/random.ts";
import { allAnswered, answerTo, makeUpdates, shuffled, startChannelWorld, type Told, type World } from "./channels-drive.ts";

const plan = {
  seed: Number(process.env.FAULT_SEED ?? 20260),
  updates: Number(process.env.CHANNEL_UPDATES ?? 150),
  kills: Number(process.env.CHANNEL_KILLS ?? 3),
  sends: Number(process.env.CHANNEL_SENDS ?? 100),
};
const quietMs = 90_000;
const longMs = 7_200_000;

/** In how many standing messages of its chat the answer is. */
const standings = (world: World, one: Told) => world.texts(one).filter((text) => text === answerTo(one.token)).length;
const wrongOnes = (world: World, told: readonly Told[]) =>
  told.map((one) => [one.token, standings(world, one)] as const).filter(([, count]) => count !== 1);
/** Enough of each that neither a chat's pace nor a bot's limit is what takes the time. */
const spreadOf = (count: number) => ({
  chats: Math.min(count, Math.max(25, Math.ceil(count / 40))),
  bots: count > 1_000 ? 4 : 1,
});

const isPlaceholder = (text: string) => text === "…" || text.endsWith(" …") || text.endsWith("▍");
const leftOver = (world: World, told: readonly Told[]) =>
  [...Map.groupBy(told, ({ chat }) => chat).values()].flatMap(([one]) => (one ? world.texts(one).filter(isPlaceholder) : []));
const loggedDoubles = (world: World) =>
  world.logs().filter((event) => JSON.stringify(event).includes("channel.placeholder.maybe-doubled")).length;

/** By how many calls any stretch of time has more than so many a millisecond. */
function mostOver(calls: readonly TelegramCall[], perMs: number): number {
  let most = 0;
  let over = 0;
  for (const [index, { at }] of calls.entries()) {
    over = Math.max(0, over - (at - (calls[index - 1]?.at ?? at)) * perMs) + 1;
    most = Math.max(most, over);
  }
  return most;
}

describe(`each of ${plan.updates} updates three times, shuffled, under ${plan.kills} kills`, () => {
  let world: World;
  let told: Told[];
  beforeAll(async () => {
    const spread = spreadOf(plan.updates);
    world = await startChannelWorld(spread.bots);
    const random = createRandom(plan.seed);
    told = makeUpdates(plan.updates, spread, random);
    const deliveries = shuffled(told, 3, plan.seed + 1);
    let next = 0;
    const worker = async () => {
      while (next < deliveries.length) await world.post(deliveries[next++] as Told);
    };
    const killer = async () => {
      for (let kill = 0; kill < plan.kills; kill += 1) {
        const share = Math.floor(((kill + 1) * deliveries.length) / (plan.kills + 1));
        while (next < share) await new Promise((resolve) => setTimeout(resolve, 3));
        await new Promise((resolve) => setTimeout(resolve, random.below(300)));
        await world.kill();
      }
    };
    await Promise.all([...Array.from({ length: 8 }, worker), killer()]);
    await allAnswered(world, told, quietMs);
    // A week of replays changes nothing.
    for (const one of shuffled(told, 1, plan.seed + 2).slice(0, 50)) await world.post(one);
  }, longMs);
  afterAll(() => world?.close());

  test("every update is answered, exactly once", () => {
    expect(wrongOnes(world, told)).toEqual([]);
  });

  test("every update has one row and one run", async () => {
    const rows = [];
    for (let before: string | undefined; ; ) {
      const page = await world.client.request(
        "channels.messages.list",
        { limit: 200, ...(before ? { before } : {}) },
        { resend: true },
      );
      rows.push(...page.messages);
      if (!page.hasMore) break;
      before = page.messages.at(-1)?.id;
    }
    expect(rows.length).toBe(told.length);
    expect(new Set(rows.map((row) => row.runId)).size).toBe(told.length);
    expect(rows.filter((row) => row.fate !== "answered")).toEqual([]);
  });

  test("a doubled placeholder is rare, and logged", () => {
    const doubled = leftOver(world, told).length;
    console.log(
      `channels: ${told.length} updates, ${plan.kills} kills, ${world.calls().length} calls, ${doubled} placeholders left over, ${loggedDoubles(world)} logged`,
    );
    expect(doubled).toBeLessThanOrEqual(loggedDoubles(world));
    expect(loggedDoubles(world)).toBeLessThanOrEqual(plan.kills);
  });
});

describe(`${plan.sends} answers through 429, 5xx, timeouts, cut and lost calls`, () => {
  let world: World;
  let told: Told[];
  beforeAll(async () => {
    const random = createRandom(plan.seed + 7);
    const spread = spreadOf(plan.sends);
    world = await startChannelWorld(spread.bots, (call) => {
      if (call.method !== "sendMessage" && call.method !== "editMessageText") return undefined;
      const roll = random.next();
      if (roll < 0.06) return { kind: "limited", retryAfterSeconds: 1 + random.below(2) };
      if (roll < 0.09) return { kind: "error", status: 500, description: "Internal Server Error" };
      if (roll < 0.12) return { kind: "html", status: 502 };
      if (roll < 0.15) return { kind: "lost" };
      if (roll < 0.18) return { kind: "cut" };
      return roll < 0.183 ? { kind: "silent" } : undefined;
    });
    told = makeUpdates(plan.sends, spread, random);
    const byChat = Map.groupBy(told, ({ chat }) => chat);
    await Promise.all(
      [...byChat.values()].map(async (own) => {
        for (const one of own) await world.post(one);
      }),
    );
    await allAnswered(world, told, quietMs);
  }, longMs);
  afterAll(() => world?.close());

  test("every answer arrives, exactly once", () => {
    expect(wrongOnes(world, told)).toEqual([]);
  });

  test("each chat reads its answers in the order in which they were asked for", () => {
    for (const own of Map.groupBy(told, (one) => one.chat).values()) {
      const texts = world.texts(own[0] as Told);
      const places = own.map(({ token }) => texts.indexOf(answerTo(token)));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
  });

  test("nobody is called again before the time that was asked for", () => {
    const limited = Map.groupBy(
      world.calls().filter((call) => call.outcome === "limited"),
      (call) => call.params.chat_id,
    );
    const early = world
      .calls()
      .filter((call) =>
        limited
          .get(call.params.chat_id)
          ?.some((before) => before !== call && call.at >= before.at && call.at < before.at + (before.retryAfterMs ?? 0)),
      );
    expect(early.map(({ method, params }) => [method, params.chat_id])).toEqual([]);
    expect(limited.size).toBeGreaterThan(0);
  });

  test("no chat and no bot is called more often than Telegram allows", () => {
    const changing = world.calls().filter(({ method }) => method === "sendMessage" || method === "editMessageText");
    // One a second, a few ahead of it, and two seconds for calls that were held up on their way and arrive together.
    for (const own of Map.groupBy(changing, ({ params }) => params.chat_id).values())
      expect(mostOver(own, 1 / 1_000)).toBeLessThanOrEqual(6);
    for (const { telegram } of world.bots) {
      const own = telegram.calls.filter((call) => changing.includes(call));
      // Thirty a second, looked at over ten.
      expect(Math.max(...own.map((call) => own.filter(({ at }) => at >= call.at && at < call.at + 10_000).length))).toBeLessThan(
        300,
      );
    }
  });

  test("placeholders double only where an answer of the provider was lost, and it is logged", () => {
    const lost = world.calls().filter((call) => call.method === "sendMessage" && call.outcome === "lost").length;
    const doubled = leftOver(world, told).length;
    console.log(
      `channels: ${told.length} answers, ${world.calls().length} calls, ${lost} lost sends, ${doubled} placeholders left over`,
    );
    expect(doubled).toBeLessThanOrEqual(lost);
    expect(doubled).toBeLessThanOrEqual(loggedDoubles(world));
  });
});
