/** The bucket that an older moltworker left, by its binding: read whole, understood, and not changed. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { homeFiles } from "../../../../tests/support/import-home.ts";
import { systemClock } from "../platform/clock.ts";
import { createDatabase } from "../storage/database.ts";
import { migrate } from "../storage/migrations.ts";
import { bucketEntries } from "./bucket-entries.ts";
import { findLayout } from "./layout.ts";
import { createStaging, importMigration } from "./staging.ts";

const bindings = env as { TEST_OBJECT: DurableObjectNamespace; BLOBS: R2Bucket };

test("a moltworker bucket is staged from its binding", async () => {
  const files = homeFiles("openclaw/", "workspace/");
  const bucket = bindings.BLOBS;
  for (const [path, content] of Object.entries({ ...files, "skills/cook/SKILL.md": "# Cook\n", "openclaw/gateway.log": "noise" }))
    await bucket.put(path, content as string);
  const before = (await bucket.list()).objects.map(({ key, etag }) => `${key} ${etag}`);
  await runInDurableObject(bindings.TEST_OBJECT.getByName("old-bucket"), async (_, state) => {
    const db = createDatabase(state.storage);
    migrate(db, [importMigration], systemClock);
    const staging = createStaging(db, systemClock);
    const source = await staging.stage("MOLTBOT_BUCKET", bucketEntries(bucket));
    expect(source).toMatchObject({ name: "MOLTBOT_BUCKET", files: staging.tree().list().length });
    expect(source.leftOut.map(({ why, count }) => `${count} ${why}`)).toContain("2 caches, logs and temporary files");
    const layout = findLayout(staging.tree());
    expect([layout.name, layout.configPath]).toEqual(["a moltworker bucket (generation 2)", "openclaw/openclaw.json"]);
    const soul = staging.tree().read("workspace/SOUL.md");
    expect(new TextDecoder().decode(soul)).toBe(files["workspace/SOUL.md"]);
  });
  expect((await bucket.list()).objects.map(({ key, etag }) => `${key} ${etag}`)).toEqual(before);
});
