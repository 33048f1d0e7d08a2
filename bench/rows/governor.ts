/**
 * What policies, books and the log cost a model call: admitted, held against three budgets and a rate, settled, priced, summed and
 * logged, on a database file that syncs every commit. As fast as the bar for the whole gateway asks: 3,000 calls a second.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row, RowGroup } from "../row.ts";

interface Database {
  one(sql: string): { n: number };
  run(sql: string): number;
  close(): void;
}

interface Call {
  callId: string;
}

interface World {
  clock: { now(): number; advance(ms: number): void };
  governor: { admit(call: Call): Promise<unknown>; settle(outcome: unknown): unknown; flush(): void };
}

interface Support {
  createGovernorWorld(limits: object, db: Database): World;
  outcomeOf(call: Call, usage: object): unknown;
  ownCaller: object;
  plannedCall(over: object): Call;
}

// By names that TypeScript does not follow: the Worker's types and Node's do not live in one program.
const databaseFile: string = "../../tests/support/database.ts";
const supportFile: string = "../../tests/support/governor.ts";

const callsPerSecond = 3_000;
/** As often as the books are written. */
const callsPerFlush = callsPerSecond / 4;
const rounds = 12;
const flying = 50;

export const governor: RowGroup = {
  name: "governor",
  what: "what policies, budgets and the log cost a model call",
  measure: async () => {
    const dir = mkdtempSync(join(tmpdir(), "moltworker-bench-"));
    const { createTestDatabase } = (await import(databaseFile)) as { createTestDatabase(path: string): Database };
    const db = createTestDatabase(join(dir, "bench.sqlite"));
    try {
      db.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      return await measureOn(db);
    } finally {
      db.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

async function measureOn(db: Database): Promise<Row[]> {
  const { createGovernorWorld, outcomeOf, ownCaller, plannedCall } = (await import(supportFile)) as Support;
  const world = createGovernorWorld(
    {
      budgets: {
        day: { scope: "all", per: "day", usd: 100_000 },
        token: { scope: "token", per: "month", usd: 100_000 },
        chat: { scope: "session", per: "always", usd: 100_000 },
      },
      rates: { minute: { scope: "token", unit: "requests", limit: 1_000_000_000, seconds: 60, window: "sliding" } },
    },
    db,
  );
  const changes = () => db.one("SELECT total_changes() AS n").n;
  let waited = 0;
  const round = async () => {
    const air: Call[] = [];
    const land = () => {
      const call = air.shift();
      if (call) world.governor.settle(outcomeOf(call, { input: 900, output: 200, cacheRead: 500 }));
    };
    for (let at = 0; at < callsPerFlush; at += 1) {
      const caller = { ...ownCaller, tokenId: `t${at % 5}`, sessionKey: `s${at % 20}` };
      const call = plannedCall({ caller, askedAt: world.clock.now() });
      const before = changes();
      await world.governor.admit(call);
      waited += Number(changes() > before);
      air.push(call);
      if (air.length > flying) land();
    }
    while (air.length > 0) land();
    world.governor.flush();
    world.clock.advance(250);
  };
  for (let warm = 0; warm < 4; warm += 1) await round();
  waited = 0;
  const began = process.cpuUsage();
  for (let at = 0; at < rounds; at += 1) await round();
  const used = process.cpuUsage(began);
  // Until nothing is held ahead any more, so that no timer is left that would write.
  for (let quiet = 0; quiet < 4; quiet += 1) world.governor.flush();
  const calls = rounds * callsPerFlush;
  const note = `${calls} calls, 3 budgets, 1 rate, log and sums written every ${callsPerFlush}`;
  return [
    {
      id: "governor.call",
      what: "processor time of policies, books and log per model call",
      unit: "µs",
      ours: (used.user + used.system) / calls,
      peer: null,
      better: "lower",
      bar: 120,
      note,
    },
    {
      id: "governor.waits",
      what: "calls of a thousand that wait for a write before they leave",
      unit: "",
      ours: (waited / calls) * 1_000,
      peer: null,
      better: "lower",
      bar: 20,
      note: `${callsPerSecond} calls a second, ${flying} in the air`,
    },
  ];
}
