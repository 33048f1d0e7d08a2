/**
 * `npm run bench -- [groups] [--no-peer] [--json FILE]`: our product beside stock OpenClaw, or the peer that a group names, in
 * the same run, on the same fake provider process. Exit code 1 when a bar is missed.
 */

import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { moltworker, openclaw, type Product, type Running } from "./product.ts";
import { startProvider } from "./provider.ts";
import type { Bench, Section } from "./row.ts";
import { channels } from "./rows/channels.ts";
import { containers } from "./rows/containers.ts";
import { gateway } from "./rows/gateway.ts";
import { governor } from "./rows/governor.ts";
import { httpApi } from "./rows/http-api.ts";
import { identity } from "./rows/identity.ts";
import { install } from "./rows/install.ts";
import { start } from "./rows/start.ts";
import { state } from "./rows/state.ts";
import { throughput } from "./rows/throughput.ts";
import { turn } from "./rows/turn.ts";
import { machineRows, meetsBar, tableOf } from "./table.ts";

const groups = [start, turn, throughput, gateway, channels, install, governor, identity, httpApi, state, containers];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, "no-peer": { type: "boolean", default: false } },
  });
  const chosen = positionals.length === 0 ? groups : groups.filter((group) => positionals.includes(group.name));
  if (chosen.length < positionals.length || chosen.length === 0) {
    console.error(`groups: ${groups.map((group) => `${group.name} (${group.what})`).join(", ")}`);
    return 2;
  }
  const provider = await startProvider();
  const instances = new Map<Product, Running>();
  const bench: Bench = {
    products: values["no-peer"] ? [moltworker] : [moltworker, openclaw],
    providerUrl: provider.url,
    running: async (product) => instances.get(product) ?? warm(product, provider.url, instances),
    say: (text) => void process.stderr.write(`${text}\n`),
  };
  const sections: Section[] = [];
  try {
    for (const group of chosen) {
      bench.say(`${group.name}: ${group.what} …`);
      sections.push({ peerName: group.peerName ?? openclaw.name, rows: await group.measure(bench) });
    }
  } finally {
    for (const running of instances.values()) await running.stop();
    provider.stop();
  }
  console.log(`${tableOf(sections)}\n`);
  console.log(
    `Node ${process.versions.node}, load average ${loadavg()[0]?.toFixed(1)}: wall times carry the noise of whatever else runs; read the ratios.`,
  );
  if (values.json) writeFileSync(values.json, `${JSON.stringify(machineRows(sections), null, 2)}\n`);
  return sections.some(({ rows }) => rows.some((row) => meetsBar(row) === false)) ? 1 : 0;
}

/** The first turns of a fresh process compile and cache; they are not the subject. */
async function warm(product: Product, providerUrl: string, instances: Map<Product, Running>): Promise<Running> {
  const running = await product.start(providerUrl);
  instances.set(product, running);
  for (let index = 0; index < 5; index += 1) await running.load.turn("agent:main:warm", `warm ${index} [[say: warm]]`);
  return running;
}

process.exitCode = await main();
