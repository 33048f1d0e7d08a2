/** What is measured: our built command and stock OpenClaw, each started as its user starts it, on a data folder of its own. */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpenClawHome, installOpenClaw, openClawVersion, spawnOpenClaw } from "../tests/support/openclaw.ts";
import { commandPath } from "../tests/support/server.ts";
import { type Load, now, openLoad } from "./load.ts";

export interface Running {
  pid: number;
  /** Process start → first 200 over HTTP, milliseconds. */
  answerMs: number;
  /** Process start → `hello-ok` on the socket, milliseconds. */
  helloMs: number;
  load: Load;
  http: { url: string; token: string };
  stop(): Promise<void>;
}

export interface Product {
  name: string;
  isOurs: boolean;
  /** Fresh state each time. Resolves at `hello-ok`. */
  start(providerUrl: string): Promise<Running>;
}

interface Launched {
  child: { pid?: number | undefined; kill(signal: NodeJS.Signals): boolean; once(event: "close", listener: () => void): unknown };
  token(): string;
  healthPath: string;
  remove(): void;
}

export const moltworker: Product = {
  name: "moltworker",
  isOurs: true,
  start: (providerUrl) =>
    watch((port) => {
      const data = mkdtempSync(join(tmpdir(), "bench-moltworker-"));
      const settings = {
        OPENAI_COMPATIBLE_BASE_URL: `${providerUrl}/v1`,
        OPENAI_COMPATIBLE_API_KEY: "bench-key",
        MOLTWORKER_MODEL: "openai-compatible/fake-large",
      };
      const args = [commandPath, "start", "--no-open", "--port", String(port), "--data", data];
      const child = spawn(process.execPath, args, {
        env: { PATH: process.env.PATH ?? "", HOME: data, NODE_NO_WARNINGS: "1", ...settings },
        stdio: "ignore",
      });
      const token = () => readFileSync(join(data, "gateway-token"), "utf8").trim();
      return { child, token, healthPath: "healthz", remove: () => rmSync(data, { recursive: true, force: true, maxRetries: 5 }) };
    }),
};

export const openclaw: Product = {
  name: `openclaw ${openClawVersion}`,
  isOurs: false,
  start(providerUrl) {
    installOpenClaw();
    return watch((port) => {
      const home = createOpenClawHome();
      const token = "bench-token";
      mkdirSync(join(home.path, ".openclaw"));
      writeFileSync(join(home.path, ".openclaw", "openclaw.json"), JSON.stringify(openclawConfig(port, token, providerUrl)));
      const child = spawnOpenClaw(home, ["gateway", "run"]);
      child.stdout?.resume();
      child.stderr?.resume();
      return { child, token: () => token, healthPath: "healthz", remove: () => home.remove() };
    });
  },
};

function openclawConfig(port: number, token: string, providerUrl: string): object {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const model = {
    id: "fake-large",
    name: "Fake Large",
    reasoning: false,
    input: ["text"],
    contextWindow: 200_000,
    maxTokens: 8_192,
    cost,
  };
  return {
    gateway: { mode: "local", port, bind: "loopback", auth: { mode: "token", token } },
    models: {
      providers: { bench: { baseUrl: `${providerUrl}/v1`, apiKey: "bench-key", api: "openai-completions", models: [model] } },
    },
    agents: { defaults: { model: { primary: "bench/fake-large" } } },
  };
}

/** Starts, and asks again every few milliseconds until the product answers. */
async function watch(launch: (port: number) => Launched): Promise<Running> {
  const port = await freePort();
  const began = now();
  const { child, token, healthPath, remove } = launch(port);
  let closed = false;
  const gone = new Promise<void>((resolve) => child.once("close", resolve)).then(() => {
    closed = true;
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(timer);
    remove();
  };
  const until = async <Value>(attempt: () => Promise<Value>): Promise<Value> => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (closed || now() - began > 120_000) throw new Error(`it did not come up: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  try {
    const answered = until(() => fetch(`http://127.0.0.1:${port}/${healthPath}`).then(expectOk)).then(() => now() - began);
    const load = await until(() => openLoad(`ws://127.0.0.1:${port}/`, token()));
    const helloMs = now() - began;
    const answerMs = await answered;
    const stopAll = () => {
      load.close();
      return stop();
    };
    return {
      pid: child.pid as number,
      answerMs,
      helloMs,
      load,
      http: { url: `http://127.0.0.1:${port}`, token: token() },
      stop: stopAll,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function expectOk(response: Response): void {
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
