/** The only reader of bindings and variables. */

import { type SeedVariable, seedVariables, unusedVariables } from "@moltworker/protocol/variables";

export type Env = {
  ASSISTANT: DurableObjectNamespace;
  /** Built UI files: Cloudflare's assets binding, or a workerd `disk` service (GET by path, no content types). */
  ASSETS: Fetcher;
  /** R2 on Cloudflare; on one machine a writable workerd `disk` service (GET, PUT, DELETE by path). */
  BLOBS: R2Bucket | Fetcher;
  /** Where snapshots go unless the settings name a bucket; without it they go into BLOBS, in a folder of their own. */
  SNAPSHOTS?: R2Bucket | Fetcher;
  /** Only where a moltworker was before: its bucket, which an import reads and nothing writes. */
  MOLTBOT_BUCKET?: R2Bucket;
  /** Empty objects in which snapshots are proved. */
  SCRATCH: DurableObjectNamespace;
  /** Only on one machine: a network that reaches private addresses, used by egress alone and for named addresses only. */
  NAMED_NETWORK?: Fetcher;
  /** The containers' objects; each drives one image. */
  CONTAINERS?: DurableObjectNamespace;
  /** Only on one machine: the supervisor, about containers. */
  CONTAINER_HOST?: Fetcher;
  /** Only on one machine: random per start, proves that a caller can read the data folder. */
  HOST_KEY?: string | null;
  /** Only on one machine: names of variables that are set and that nothing here reads, separated by commas. */
  UNUSED_VARIABLES?: string | null;
  /** Product version, for `hello-ok` and `status`. */
  VERSION?: string;
} & { [Name in SeedVariable]?: string | null };

/** Names alone of what is set and does nothing here; on Cloudflare they stand in the environment itself. */
export function readUnusedVariables(env: Env): string[] {
  const told = new Set((env.UNUSED_VARIABLES ?? "").split(","));
  const values: Readonly<Record<string, unknown>> = env;
  return unusedVariables.filter((name) => told.has(name) || (typeof values[name] === "string" && values[name] !== ""));
}

/** Variables whose value had white space around it, which was removed. */
export function readPaddedVariables(env: Env): SeedVariable[] {
  return seedVariables.filter((name) => env[name] && env[name] !== env[name].trim());
}

export type Seeds = Partial<Record<SeedVariable, string>>;

/** Seed variables that are set, trimmed; empty ones are left out. */
export function readSeeds(env: Env): Seeds {
  const seeds: Seeds = {};
  for (const name of seedVariables) {
    const value = env[name]?.trim();
    if (value) seeds[name] = value;
  }
  return seeds;
}
