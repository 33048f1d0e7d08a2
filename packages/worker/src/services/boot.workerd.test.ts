/**
 * The whole assistant begins on mutated settings, in the real runtime: each start reaches its services, and nothing that was
 * stored is gone. `STATE_CONFIGS` says how many (long: 10000).
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, inject, test } from "vitest";
import { goodSettings, holds, mutate } from "../../../../tests/support/mutations.ts";
import { createRandom } from "../../../../tests/support/random.ts";
import { Assistant } from "../assistant.ts";
import type { Env } from "../env.ts";
import { createDatabase } from "../storage/database.ts";
import { createQuarantine } from "../storage/quarantine.ts";

const bindings = env as { TEST_OBJECT: DurableObjectNamespace; BLOBS: R2Bucket };
const boots = inject("stateBoots");
/** Boots on one database, one life after the other. */
const aDatabase = 50;
const clock = { now: () => 1, sleep: async () => {} };

/** One life of the object on what is stored. */
const begin = (state: DurableObjectState) =>
  new Assistant(state, {
    ...{ ASSISTANT: bindings.TEST_OBJECT, SCRATCH: bindings.TEST_OBJECT, BLOBS: bindings.BLOBS },
    ...{ ASSETS: {} as Fetcher, HOST_KEY: "host-key", VERSION: "0.1.0" },
  } satisfies Env);

const ask = async (assistant: Assistant, path: string) => {
  const headers = { authorization: "Bearer host-key" };
  const answer = await assistant.fetch(new Request(`http://localhost${path}`, { headers }));
  return { status: answer.status, text: await answer.text() };
};

/** Each start writes a line about what it could not read. */
const say = console.log;
console.log = () => undefined;
/** Each start looks for model servers on the machine; ten thousand lives at once would use up its ports. */
globalThis.fetch = () => Promise.reject(new Error("there is no network here"));

test(`${boots} starts on mutated settings: each is ready, no setting is lost`, async () => {
  const random = createRandom(13).next;
  const seen = { boots: 0, broken: 0 };
  for (let database = 0; seen.boots < boots; database += 1)
    await runInDurableObject(bindings.TEST_OBJECT.getByName(`boot-${database}`), async (_, state) => {
      expect(await ask(begin(state), "/readyz")).toMatchObject({ status: 200 });
      const db = createDatabase(state.storage);
      const quarantine = createQuarantine(db, clock);
      for (let round = 0; round < aDatabase && seen.boots < boots; round += 1, seen.boots += 1) {
        for (const table of ["config", "config_history", "config_seeds", "quarantine"]) db.run(`DELETE FROM ${table}`);
        const stored: Record<string, string> = {};
        for (const [section, value] of Object.entries(goodSettings)) {
          const text = mutate(JSON.stringify(value), random);
          stored[section] = text;
          if (text !== JSON.stringify(value)) seen.broken += 1;
          db.run(
            "INSERT INTO config (section, value, version, changed_by, changed_at) VALUES (?, ?, 1, 't', 1)",
            ...[section, text],
          );
        }
        const assistant = begin(state);
        const where = `boot ${seen.boots} on ${JSON.stringify(stored)}`;
        expect(await ask(assistant, "/readyz"), where).toEqual({ status: 200, text: '{"ready":true}' });
        const kept = quarantine.list(100);
        for (const [section, text] of Object.entries(stored)) {
          const now = db.one<{ value: string }>("SELECT value FROM config WHERE section = ?", section)?.value;
          const isThere = now === text || holds(now, text) || kept.some((row) => row.name === section && row.content === text);
          expect(isThere, `${section}: ${text} became ${now} in ${where}`).toBe(true);
        }
      }
    });
  say(`${seen.boots} boots, ${seen.broken} sections of settings broken`);
  expect(seen.broken).toBeGreaterThan(boots);
}, 1_400_000);
