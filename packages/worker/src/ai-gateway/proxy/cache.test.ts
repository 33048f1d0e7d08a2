/** Point 14: whatever tenants call themselves, whatever they send and whichever key they name, nobody is given another's answer. */

import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../../tests/support/database.ts";
import { createRandom } from "../../../../../tests/support/random.ts";
import { cacheKeyOf, cacheMigration, createAnswerCache } from "./cache.ts";
import { utf8 } from "./call-body.ts";
import type { Target } from "./plan.ts";

const awkward = [
  "owner",
  "own",
  "er",
  '"',
  "\0",
  "a\0b",
  '["1","owner"]',
  "custom",
  'owner","custom',
  "null",
  "",
  " owner",
  "Owner",
  "ö",
];

function targetOf(body: string, path: string, ownKey: string | null): Target {
  const upstream = { slug: "openai", url: new URL(`https://api.example/${path}`) };
  const known = { upstream, method: "POST", endpoint: path, headers: {}, bytes: utf8(body), stream: null };
  return { ...known, ownKey: ownKey === null ? null : { name: "authorization", value: ownKey } } as unknown as Target;
}

test("20,000 random calls of tenants with awkward names: each is given its own answer or none", async () => {
  const random = createRandom(20_261_128);
  const db = createTestDatabase();
  for (const statement of cacheMigration.statements) db.run(statement);
  const now = { value: 0 };
  const cache = createAnswerCache(db, { now: () => now.value } as never);
  let hits = 0;
  for (let count = 0; count < 20_000; count += 1) {
    const tenant = random.pick(awkward);
    const customKey = random.chance(0.4) ? random.pick([...awkward, "shared"]) || undefined : undefined;
    const body = JSON.stringify({ model: "m", n: random.below(4), tenant: random.pick(awkward) });
    const own = random.chance(0.2) ? random.pick(["k1", "k2"]) : null;
    const path = random.pick(["chat", "responses"]);
    const key = (await cacheKeyOf(tenant, [targetOf(body, path, own)], customKey)) as string;
    // What the call is, apart from its tenant: under a name of the caller's choice, the name alone.
    const call = customKey === undefined ? JSON.stringify([body, path, own]) : `named ${customKey}`;
    const found = cache.find(key);
    if (found) {
      hits += 1;
      expect(new TextDecoder().decode(found.body)).toBe(JSON.stringify([tenant, call]));
    } else {
      const head = { status: 200, headers: [], isStream: false, provider: "openai", model: "m", step: 0 };
      cache.store(key, { ...head, body: utf8(JSON.stringify([tenant, call])) }, 60);
    }
  }
  // Both were really tried.
  expect(hits).toBeGreaterThan(5_000);
  db.close();
});
