/**
 * `node tests/schemas/freeze.ts`: freezes the present schema, filled by the built product itself, as a file of SQL. Run it before a
 * release and commit what it wrote; files of earlier releases are never changed, which their names say: they end with the beginning
 * of their content's SHA-256.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { startFakeProvider } from "../fakes/provider.ts";
import { connectClient } from "../support/client.ts";
import { startServer } from "../support/server.ts";
import { openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";

const mostRows = 12;
const mostBytes = 4_000;

const provider = await startFakeProvider();
const server = await startServer({
  env: {
    OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
    OPENAI_COMPATIBLE_API_KEY: "a-key-for-tests",
    MOLTWORKER_MODEL: "openai-compatible/fake-1",
  },
});
try {
  await live();
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  const { version } = JSON.parse(readFileSync(new URL("../../packages/cli/package.json", import.meta.url), "utf8"));
  const sql = dump(db);
  const hash = createHash("sha256").update(sql).digest("hex").slice(0, 12);
  const file = new URL(`${version}-${hash}.sql`, import.meta.url);
  writeFileSync(file, sql, { flag: "wx" });
  console.log(`${fileURLToPath(file)}: ${sql.length} bytes`);
} finally {
  await server.dispose();
  await provider.close();
}

/** A conversation with a tool, a file, a setting, a snapshot: rows as the product writes them. */
async function live(): Promise<void> {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  const turns = [
    "[[say: Good morning. It is the frozen schema that speaks.]]",
    '[[tool: bash {"command":"echo frozen > frozen.txt"}]] [[then]] [[say: I wrote it down.]]',
  ];
  for (const [at, message] of turns.entries()) {
    const idempotencyKey = `frozen-${at}`;
    await client.request("chat.send", { sessionKey: "agent:main:main", message, idempotencyKey });
    await client.event(({ event, payload }) => {
      const { runId, state } = payload as { runId?: string; state?: string };
      return event === "chat" && runId === idempotencyKey && state === "final";
    });
  }
  await client.request("config.patch", { raw: JSON.stringify({ agent: { name: "Frozen" } }) });
  client.close();
  const host = snapshotHost(server);
  await host.ended(await host.begin("create"));
}

function dump(db: DatabaseSync): string {
  const objects = db
    .prepare(
      "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY rowid",
    )
    .all() as { type: string; name: string; sql: string }[];
  const of = (type: string) => objects.filter((object) => object.type === type);
  const lines = of("table").map(({ sql }) => `${sql};`);
  for (const { name } of of("table")) {
    const most = name === "schema_migrations" ? 10_000 : mostRows;
    for (const row of db.prepare(`SELECT * FROM "${name}" LIMIT ${most}`).all()) {
      const values = Object.values(row).map(literal);
      if (name !== "secrets" && values.join().length <= mostBytes)
        lines.push(`INSERT INTO "${name}" VALUES (${values.join(", ")});`);
    }
  }
  lines.push(...of("index").map(({ sql }) => `${sql};`), ...of("trigger").map(({ sql }) => `${sql};`));
  return `${lines.join("\n")}\n`;
}

function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
