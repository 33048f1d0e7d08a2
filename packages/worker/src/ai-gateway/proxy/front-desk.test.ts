/** Calls that are answered beside the object: what they may not touch, what they leave to it, and that nothing of theirs is lost. */

import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, turnGuarded } from "../../../../../tests/support/database.ts";
import {
  createGovernorWorld,
  type GovernorWorld,
  outcomeOf,
  ownCaller,
  plannedCall,
} from "../../../../../tests/support/governor.ts";
import { providers } from "../../catalog/providers.ts";
import { gatewaySection } from "../../config/sections/gateway.ts";
import type { Limits } from "../../config/sections/limits.ts";
import { createDeadlines } from "../../platform/deadlines.ts";
import { createKeyPool } from "../../secrets/key-pool.ts";
import { createSecrets, providerKeyName } from "../../secrets/secrets.ts";
import type { Caller } from "../governor/governor.ts";
import { cloudflareKeyId } from "../managed.ts";
import { createPrices } from "../prices.ts";
import { placeOf } from "./address.ts";
import { createBreakers } from "./breaker.ts";
import { createAnswerCache } from "./cache.ts";
import { closeFrontDesk, frontDeskOf, type OwnFrontDesk, openFrontDesk, type Visit } from "./front-desk.ts";
import { PrefixNotes } from "./prefix-notes.ts";
import { createProxy, type ProxySettings } from "./proxy.ts";
import { createRetryBudget } from "./retry-budget.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const answer = { id: "1", model: "big", choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } };
const question = { model: "big", messages: [{ role: "user", content: "hi" }] };

interface World extends Pick<GovernorWorld, "governor"> {
  desk: OwnFrontDesk;
  limits: Limits;
  settings: ProxySettings;
  callers: Map<string, Caller>;
  keys: ReturnType<typeof createKeyPool>;
  setKey(provider: string, value: string): void;
  /** What the provider says next. */
  says: { status: number; body: unknown };
  /** Bodies of calls that the object was asked to answer; undefined: as it came. */
  insteads: (string | undefined)[];
  keeps: number;
  /** So many requests to keep meet an object that ends. */
  failKeeps: number;
  pass(ms: number): Promise<void>;
  ask(path?: string, body?: unknown, headers?: Record<string, string>): Promise<Response | undefined>;
  rows(): { status: number; provider: string }[];
  inObject<Value>(work: () => Value): Promise<Awaited<Value>>;
  heldUsd(): number;
  spentUsd(): number;
}

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

async function createWorld(): Promise<World> {
  const turn = { isObjects: true };
  const plain = createTestDatabase();
  const db = turnGuarded(plain, turn);
  const { governor, clock: time, limits } = createGovernorWorld({}, db);
  let sleepers: { until: number; wake(): void }[] = [];
  const clock = {
    now: time.now,
    sleep: (ms: number) => new Promise<void>((wake) => void sleepers.push({ until: time.now() + ms, wake })),
  };
  const secrets = createSecrets(db, clock);
  const keys = createKeyPool(secrets, clock);
  const setKey = (provider: string, value: string) => {
    turn.isObjects = true;
    secrets.set(providerKeyName(provider), value, "typed");
    turn.isObjects = false;
  };
  const callers = new Map<string, Caller>([["good", { ...ownCaller, sessionKey: null, channel: "api", tokenId: "tok" }]]);
  const settings = { ...gatewaySection.defaults, cacheSeconds: 0 } as ProxySettings;
  const prices = createPrices({ providers, own: () => limits.prices, now: clock.now });
  const proxy = createProxy({
    ...{ governor, keys, clock, log, settings: () => settings, leaves: providers, random: () => 0.5 },
    callers: {
      known: (bearer) => callers.get(bearer),
      callerFor: () => {
        throw new Error("only the object asks who it is");
      },
    },
    breakers: createBreakers(clock),
    retryBudget: createRetryBudget(clock),
    cache: createAnswerCache(db, clock),
    prefixes: new PrefixNotes(prices),
    deadlines: createDeadlines(),
    egress: { fetch: async () => Response.json(made.says.body, { status: made.says.status }) },
    providerSettings: () => ({}),
    mostOutputOf: () => 1_000,
  });
  const desk = openFrontDesk("object", proxy.fetch, clock);
  const made = {
    ...{ governor, desk, limits, settings, callers, keys, setKey, insteads: [], keeps: 0, failKeeps: 0 },
    says: { status: 200, body: answer },
    async pass(ms) {
      time.advance(ms);
      const due = sleepers.filter(({ until }) => until <= time.now());
      sleepers = sleepers.filter((sleeper) => !due.includes(sleeper));
      for (const { wake } of due) wake();
      for (let turns = 0; turns < 5; turns += 1) await new Promise((later) => setTimeout(later));
    },
    async ask(path = "/openai/chat/completions", body = question, headers = {}) {
      const text = JSON.stringify(body);
      const all = { "content-type": "application/json", "content-length": `${text.length}`, ...headers };
      const url = `http://localhost${path}`;
      const request = new Request(url, {
        method: "POST",
        body: text,
        headers: { "cf-aig-authorization": "Bearer good", ...all },
      });
      return frontDeskOf("object")?.answer(request, placeOf(url), visit);
    },
    rows: () => {
      turn.isObjects = true;
      const rows = plain.all<{ status: number; provider: string }>("SELECT status, provider FROM gateway_calls ORDER BY id");
      turn.isObjects = false;
      return rows;
    },
  } as World;
  const sum = (column: string) => (plain.one<{ nano: number }>(`SELECT ${column} AS nano FROM gateway_spend`)?.nano ?? 0) / 1e9;
  made.heldUsd = () => sum("held");
  made.spentUsd = () => sum("spent");
  made.inObject = async (work) => {
    turn.isObjects = true;
    const value = await work();
    turn.isObjects = false;
    return value;
  };
  const visit: Visit = {
    instead: async (body) => {
      made.insteads.push(body && new TextDecoder().decode(body));
      return new Response("from the object");
    },
    waitUntil() {},
    keep: async () => {
      if (made.failKeeps-- > 0) throw new Error("the object ended");
      made.keeps += 1;
      turn.isObjects = true;
      governor.flush();
      turn.isObjects = false;
      desk.seen();
    },
  };
  secrets.set(providerKeyName("openai"), "sk-1", "typed");
  // What an earlier call in the object has read.
  await prices.cardFor("openai", "big");
  await governor.admit(plannedCall());
  for (const provider of ["openai", cloudflareKeyId]) keys.pick(provider);
  governor.flush();
  desk.seen();
  turn.isObjects = false;
  return made;
}

const isFromObject = async (response: Response | undefined) => (await response?.text()) === "from the object";

test("a call is answered without a row, and its entry is written by the object a moment later; many ask once", async () => {
  for (let call = 0; call < 10; call += 1) {
    const response = await world.ask();
    expect([response?.status, await response?.json()]).toEqual([200, answer]);
  }
  expect([world.insteads, world.rows(), world.keeps]).toEqual([[], [], 0]);
  await world.pass(250);
  expect([world.rows().length, world.keeps]).toEqual([10, 1]);
  await world.ask();
  await world.pass(250);
  expect([world.rows().length, world.keeps]).toEqual([11, 2]);
});

test("an object that cannot be asked for a moment is asked again", async () => {
  await world.ask();
  world.failKeeps = 2;
  for (let wait = 0; wait < 3; wait += 1) await world.pass(250);
  expect([world.rows().length, world.keeps]).toEqual([1, 1]);
});

test("a failure of the provider is passed on and entered like any other", async () => {
  world.says = { status: 500, body: { error: { message: "no" } } };
  world.settings.retry = { ...world.settings.retry, attempts: 1 };
  expect((await world.ask())?.status).toBe(500);
  await world.pass(250);
  expect(world.rows()).toEqual([{ status: 500, provider: "openai" }]);
});

test("rules and limits hold at the front, and what they refuse is entered", async () => {
  world.limits.deny = { no: { model: "openai/*" } } as unknown as Limits["deny"];
  expect((await world.ask())?.status).toBe(403);
  world.limits.deny = {} as Limits["deny"];
  world.limits.rates = { one: { scope: "all", unit: "requests", limit: 1, seconds: 60, window: "fixed" } };
  expect([(await world.ask())?.status, (await world.ask())?.status]).toEqual([200, 429]);
  await world.pass(250);
  expect(
    world
      .rows()
      .map(({ status }) => status)
      .sort(),
  ).toEqual([200, 403, 429]);
});

test("money is spent at the front as far as a budget's row holds it ahead, and no further", async () => {
  world.limits.budgets = { day: { scope: "all", per: "day", usd: 1 } } as unknown as Limits["budgets"];
  await world.inObject(async () => {
    for (let call = 0; call < 8; call += 1) {
      const planned = plannedCall();
      await world.governor.admit(planned);
      world.governor.settle(outcomeOf(planned, { input: 1_000, output: 10 }));
    }
    world.governor.flush();
  });
  let atFront = 0;
  while (!(await isFromObject(await world.ask()))) atFront += 1;
  // Eight calls of about a cent in a quarter of a second: twice as much is held ahead.
  expect(atFront).toBeGreaterThan(8);
  const held = await world.inObject(() => world.heldUsd());
  await world.pass(250);
  const [spent, rows] = await world.inObject(() => [world.spentUsd(), world.rows().length]);
  expect(rows).toBe(8 + atFront);
  expect(spent).toBeLessThanOrEqual(held);
});

describe("whether the object lives", () => {
  test("must be known to within a second; a closed desk answers nobody, and the next life has its own", async () => {
    await world.pass(1_000);
    expect(await world.ask()).toBeDefined();
    // The entry is kept, for which the object is asked; then it is silent.
    await world.pass(250);
    await world.pass(1_001);
    expect(await world.ask()).toBeUndefined();
    world.desk.seen();
    expect(await world.ask()).toBeDefined();
    closeFrontDesk("object");
    expect(frontDeskOf("object")).toBeUndefined();
    const old = world.desk;
    world = await createWorld();
    old.seen();
    expect(frontDeskOf("object")).toBe(world.desk);
    const url = "http://localhost/openai/chat/completions";
    const late = new Request(url, { method: "POST", body: "{}", headers: { "content-length": "2" } });
    expect(old.answer(late, placeOf(url), {} as Visit)).toBeUndefined();
  });

  test("a call that lasts keeps it awake, and its end is entered", async () => {
    let end: () => void = () => {};
    const slow = new Promise<void>((done) => {
      end = done;
    });
    const desk = openFrontDesk(
      "slow",
      async (_request, _place, { atFront }) => {
        atFront.waitUntil(slow.then(() => atFront.entered()));
        return new Response("streams");
      },
      { now: () => 0, sleep: (ms) => new Promise((wake) => void sleeps.push({ ms, wake })) },
    );
    const sleeps: { ms: number; wake(): void }[] = [];
    const works: Promise<unknown>[] = [];
    let keeps = 0;
    desk.seen();
    const url = "http://localhost/openai/x";
    const request = new Request(url, { method: "POST", body: "{}", headers: { "content-length": "2" } });
    await desk.answer(request, placeOf(url), {
      instead: async () => new Response(),
      waitUntil: (work) => void works.push(work),
      keep: async () => void (keeps += 1),
    });
    expect(sleeps.map(({ ms }) => ms)).toEqual([4_000]);
    end();
    await new Promise((later) => setTimeout(later));
    expect(sleeps.map(({ ms }) => ms)).toEqual([4_000, 250]);
    sleeps[1]?.wake();
    await Promise.all(works);
    expect(keeps).toBe(1);
    closeFrontDesk("slow");
  });
});

describe("left to the object, with the body if it was read", () => {
  const whole = JSON.stringify(question);
  const cases: [string, () => Parameters<World["ask"]> | undefined, string | undefined][] = [
    ["an unknown caller", () => [undefined, undefined, { "cf-aig-authorization": "Bearer bad" }], undefined],
    ["a call that may be cached", () => [undefined, undefined, { "cf-aig-cache-ttl": "60" }], undefined],
    ["a cache key", () => [undefined, undefined, { "cf-aig-cache-key": "mine" }], undefined],
    ["a cache for all", () => void (world.settings.cacheSeconds = 60), undefined],
    ["a key by its alias", () => [undefined, undefined, { "cf-aig-byok-alias": "other" }], undefined],
    ["records of bodies", () => void (world.limits.log = { ...world.limits.log, bodies: true }), undefined],
    ["a universal request", () => ["/v1/account/default", [{}]], undefined],
    ["an address that does not exist", () => ["/nowhere/x"], undefined],
    ["a gateway that does not exist", () => ["/v1/account/nobody/openai/chat/completions"], undefined],
    ["keys that changed", () => world.setKey("openai", "sk-2"), undefined],
    ["a provider whose keys were not read", () => ["/groq/chat/completions"], undefined],
    [
      "a budget",
      () => void (world.limits.budgets = { day: { scope: "all", per: "day", usd: 1 } } as unknown as Limits["budgets"]),
      whole,
    ],
    [
      "a token's own budget",
      () => void world.callers.set("good", { ...ownCaller, tokenId: "tok", own: { budget: { usd: 1, per: "day" } } }),
      whole,
    ],
    ["a price that was not looked up", () => [undefined, { ...question, model: "new" }], '"model":"new"'],
  ];
  test.each(cases)("%s", async (_, prepare, body) => {
    const args = prepare() ?? [];
    expect(await isFromObject(await world.ask(...args))).toBe(true);
    expect(world.insteads).toEqual([body === undefined ? undefined : expect.stringContaining(body)]);
    await world.pass(250);
    expect([world.rows(), world.keeps]).toEqual([[], 0]);
  });

  test.each([
    ["large", { "content-length": "1048576" }],
    ["compressed", { "content-encoding": "gzip" }],
  ])("a %s body is not even begun", async (_, headers) => {
    expect(await world.ask(undefined, undefined, headers)).toBeUndefined();
  });
});
