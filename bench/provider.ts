/** The fake provider as a process of its own, the same one for every product: its work must not be mistaken for theirs. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface ProviderProcess {
  url: string;
  stop(): void;
}

/** What the provider saw of a request. */
export interface SeenRequest {
  /** 0, 1, 2 … since the provider's start. */
  index: number;
  /** Milliseconds of the wall clock. */
  at: number;
  bodyBytes: number;
  userTexts: string[];
}

const main = fileURLToPath(new URL("../tests/fakes/provider-main.ts", import.meta.url));

export async function startProvider(): Promise<ProviderProcess> {
  const child = spawn(process.execPath, [main, "--keep", "60"], {
    env: { PATH: process.env.PATH ?? "", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as Readable }).once("line", resolve);
    child.once("close", (code) => reject(new Error(`the fake provider ended with ${code}`)));
  });
  const { url } = JSON.parse(line) as { url: string };
  return { url, stop: () => void child.kill("SIGTERM") };
}

/** The newest requests from that index on, oldest first; `count` is the next index. */
export async function askProvider(url: string, since = 0): Promise<{ requests: SeenRequest[]; count: number }> {
  const response = await fetch(`${url}/__fake/requests?since=${since}`);
  return (await response.json()) as { requests: SeenRequest[]; count: number };
}
