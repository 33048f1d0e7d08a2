/**
 * The least that can stand between on this runtime: a Worker that reads, parses and passes on, without keys, limits or books, started as ours is.
 * What a gateway costs beyond it is the gateway's; what it costs itself is the runtime's.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { v8Flags } from "../packages/cli/src/supervisor/workerd-config.ts";
import { allocation } from "../packages/cli/src/supervisor/workerd-process.ts";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "..");

export interface BareWorker {
  pid: number;
  port: number;
  startMs: number;
  stop(): void;
}

const source = `export default {
  async fetch(request, env) {
    const bytes = await request.arrayBuffer();
    const asked = JSON.parse(new TextDecoder().decode(bytes));
    const headers = { "content-type": "application/json", authorization: "Bearer k" };
    const answer = await fetch(env.UPSTREAM, { method: "POST", headers, body: bytes });
    if (asked.stream) return new Response(answer.body, { headers: { "content-type": "text/event-stream" } });
    const whole = await answer.arrayBuffer();
    const { usage } = JSON.parse(new TextDecoder().decode(whole));
    return new Response(whole, { headers: { "content-type": "application/json", "x-tokens": String(usage.total_tokens) } });
  },
};
`;

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  v8Flags = ${JSON.stringify(v8Flags)},
);
const main :Workerd.Worker = (
  modules = [(name = "main", esModule = embed "main.js")],
  compatibilityDate = "2026-10-01",
  bindings = [(name = "UPSTREAM", fromEnvironment = "UPSTREAM")],
);
`;

export async function startBareWorker(upstreamPort: number): Promise<BareWorker> {
  const folder = mkdtempSync(join(tmpdir(), "bare-worker-"));
  writeFileSync(join(folder, "main.js"), source);
  writeFileSync(join(folder, "config.capnp"), config);
  const began = performance.now();
  const program = join(repository, "node_modules", "workerd", "bin", "workerd");
  const child: ChildProcess = spawn(program, ["serve", "--control-fd=1", join(folder, "config.capnp")], {
    env: {
      ...allocation,
      PATH: process.env.PATH ?? "",
      UPSTREAM: `http://127.0.0.1:${upstreamPort}/v1/chat/completions`,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((ready, failed) => {
    createInterface({ input: child.stdout as Readable }).once("line", ready);
    child.once("close", (code) => failed(new Error(`the bare Worker ended with ${code}`)));
  });
  return {
    pid: child.pid as number,
    port: (JSON.parse(line) as { port: number }).port,
    startMs: performance.now() - began,
    stop() {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
