/** The front inside the container, as the assistant speaks to it. Its answers belong to one generation. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Containers } from "../containers.ts";
import { linesOf } from "../sandbox/ndjson.ts";

export type FrontPhase = "idle" | "validating" | "starting" | "ready" | "hung" | "ended" | "failed" | "stopped";

export interface SettingsIssue {
  path: string;
  message: string;
}

export interface FrontState {
  phase: FrontPhase;
  reason: { exitCode: number | null; signal: string | null; during: "start" | "run"; late: boolean } | null;
  settings: {
    /** Which settings it runs with: the home's own, those without what was refused, the last that started, or ours alone. */
    used: "own" | "repaired" | "last" | "minimal";
    refused: { which: string; issues: SettingsIssue[] }[];
    dropped: string[];
    /** The same for the same settings, whatever a start adds. */
    mark: string;
    text: string;
  } | null;
  lines: string[];
  home: { phase: "empty" | "restoring" | "restored"; files: number };
  sockets: number;
}

/** One file of a home, or a link. */
export interface HomeFile {
  path: string;
  mode?: number;
  size?: number;
  sha?: string;
  link?: string;
  parts?: { sha: string; offset: number; length: number }[];
}

export type SavedLine =
  | { type: "same" }
  | { type: "chunk"; sha: string; data: string }
  | { type: "manifest"; mark: string; files: HomeFile[] }
  | { type: "error"; error: string };

export interface Front {
  generation: number;
  state(): Promise<FrontState>;
  /** `last`: settings that started; `known`: the mark of those that need no check. */
  start(order: { managed: unknown; defaults: unknown; last?: string; known?: string }): Promise<void>;
  stop(): Promise<void>;
  /** What changed since `last`, in chunks that are not in `have`. */
  save(have: readonly string[], last: string): AsyncGenerator<SavedLine>;
  /** Throws CONTAINER_FAILED when what was sent is damaged or incomplete: nothing was changed then. */
  restore(lines: ReadableStream<Uint8Array>): Promise<void>;
  prove(lines: ReadableStream<Uint8Array>): Promise<void>;
  /** A request of the owner's, to the gateway itself. */
  pass(path: string, request: Request): Promise<Response>;
}

export const hostedId = "moltbot";

export function createFront(containers: Containers, generation: number): Front {
  const ask = async <Value>(path: string, body?: unknown): Promise<Value> => {
    const init: RequestInit =
      body === undefined ? {} : { method: "POST", body: body instanceof ReadableStream ? body : JSON.stringify(body) };
    const answer = await containers.fetch(hostedId, generation, `/moltworker/${path}`, init);
    const value = (await answer.json()) as Value & { error?: string };
    if (answer.ok) return value;
    throw new MoltError("CONTAINER_FAILED", { message: `the hosted OpenClaw: ${value.error ?? answer.status}` });
  };
  return {
    generation,
    state: () => ask("state"),
    start: (order) => ask("start", order),
    stop: () => ask("stop", {}),
    async *save(have, last) {
      const init = { method: "POST", body: JSON.stringify({ have, last }) };
      const answer = await containers.fetch(hostedId, generation, "/moltworker/save", init);
      if (!answer.ok)
        throw new MoltError("CONTAINER_FAILED", {
          message: `the home cannot be read: ${((await answer.json()) as { error: string }).error}`,
        });
      yield* linesOf<SavedLine>(answer);
    },
    restore: (lines) => ask("restore", lines),
    prove: (lines) => ask("prove", lines),
    pass: (path, request) => containers.fetch(hostedId, generation, path, request),
  };
}
