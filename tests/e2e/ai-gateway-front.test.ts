/** Calls in quick succession, which the front answers beside the object: what a person decides holds for the next one, and none is lost. */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { chatBody, chatChunk, chatEvents, event, json, openStream, pause } from "../fakes/upstream.ts";
import { type GatewayWorld, startGateway } from "../support/gateway.ts";

let world: GatewayWorld;
beforeAll(async () => {
  world = await startGateway();
});
afterAll(() => world?.dispose());
beforeEach(() => world.upstream.reset());

const chat = { model: "gpt-5-mini", messages: [{ role: "user", content: "hi" }] };
const ask = (headers: Record<string, string> = {}, body: object = chat) => world.post("/openai/chat/completions", body, headers);
const answerAll = () => world.upstream.answer((response) => json(response, chatBody("hello")));
/** From the second one on, the object is known to live. */
const warm = async () => {
  for (let call = 0; call < 3; call += 1) await (await ask()).text();
};

test("each of 400 calls, twenty at a time, is one row and is counted once, the last one too", async () => {
  answerAll();
  const { id, token } = await world.newToken("many");
  const ids = new Set<string>();
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let call = 0; call < 20; call += 1) {
        const response = await ask({ "cf-aig-authorization": `Bearer ${token}` });
        expect([response.status, (await response.json()) as object]).toEqual([
          200,
          expect.objectContaining({ object: "chat.completion" }),
        ]);
        ids.add(response.headers.get("cf-aig-log-id") as string);
      }
    }),
  );
  expect(ids.size).toBe(400);
  await pause(600);
  const { totals } = await world.call<{ totals: { calls: number } }>("gateway.usage", { kind: "token", key: id });
  expect(totals.calls).toBe(400);
  for (const one of ids) expect((await world.settled(one)).status).toBe(200);
});

test("a token that is taken back, a new key, a rule and a budget hold for the very next call", async () => {
  answerAll();
  await warm();
  const { id, token } = await world.newToken("soon gone");
  const as = { "cf-aig-authorization": `Bearer ${token}` };
  for (let call = 0; call < 3; call += 1) expect((await ask(as)).status).toBe(200);
  await world.call("auth.tokens.revoke", { id });
  expect((await ask(as)).status).toBe(401);
  await warm();
  await world.call("gateway.keys.set", { provider: "openai", alias: "default", apiKey: "sk-next" });
  world.upstream.reset();
  answerAll();
  await ask();
  expect((await world.upstream.call(0)).headers.authorization).toBe("Bearer sk-next");
  await warm();
  await world.set({ limits: { deny: { no: { model: "openai/*" } } } });
  expect((await ask()).status).toBe(403);
  await world.set({ limits: { deny: { no: null }, budgets: { none: { scope: "all", per: "day", usd: 0 } } } });
  expect((await ask()).status).toBe(429);
  await world.set({ limits: { budgets: { none: null } } });
  expect((await ask()).status).toBe(200);
});

test("a stream that outlasts everything else is entered when it ends", async () => {
  world.upstream.answer(async (response) => {
    openStream(response);
    for (let second = 0; second < 13; second += 1) {
      response.write(event(chatChunk("tick ")));
      await pause(1_000);
    }
    for (const one of chatEvents(["end"])) response.write(one);
    response.end();
  });
  world.owner.close();
  const body = { ...chat, stream: true, stream_options: { include_usage: true } };
  const first = await ask({}, body);
  const second = await ask({}, body);
  const [, text] = await Promise.all([first.text(), second.text()]);
  expect(text.match(/tick /g)).toHaveLength(13);
  await pause(1_000);
  await world.reconnect();
  for (const response of [first, second]) {
    expect(await world.settled(response)).toMatchObject({ status: 200, error: null, estimated: false });
  }
});

test("it goes on after a restart, and what was answered before stands in the books", async () => {
  answerAll();
  await warm();
  const before = await ask();
  await before.text();
  await pause(400);
  await world.server.killTree();
  await world.server.restart();
  await world.reconnect();
  expect((await world.settled(before)).status).toBe(200);
  await warm();
  expect((await ask()).status).toBe(200);
});
