/**
 * The sandbox as tools use it: a command in a real Linux, on a working copy of the assistant's files. It starts when it is
 * first needed. Nothing it does reaches the files by itself: changes are handed back and committed with the call.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { FileChange, Workspace } from "../../storage/workspace.ts";
import type { Containers } from "../containers.ts";
import { linesOf } from "./ndjson.ts";
import { type Ask, pull, push } from "./sync.ts";

export interface SandboxCommand {
  command: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** Words for people: what is being waited for, then the output as it comes. */
  onUpdate(text: string): void;
}

export interface SandboxEnd {
  exitCode: number | null;
  signal: string | null;
  /** Why it was ended, when it did not end by itself. */
  killed?: string;
  outOfMemory?: boolean;
  error?: string;
  outputBytes: number;
}

export interface SandboxResult extends SandboxEnd {
  text: string;
  generation: number;
  changes: FileChange[];
  /** Why nothing that it changed could be fetched: its files are not saved. */
  unsaved?: string;
  /** What a person should know about files: not taken, or kept beside. */
  notes: string[];
}

export interface SandboxJob extends Partial<SandboxEnd> {
  id: string;
  command: string;
  running: boolean;
  startedAt: number;
  endedAt: number | null;
}

export interface Sandbox {
  /** Why it cannot be had; undefined when it can. */
  missing(): Promise<MoltError | undefined>;
  /** It will be needed in a moment: it starts meanwhile. Returns at once, and a failure shows at its use. */
  anticipate(): void;
  /** True when the owner lets it reach something outside. */
  hasNetwork(): boolean;
  /** Throws CONTAINER_* ; CONTAINER_STALE when it was cut, with an outcome that nobody knows. */
  run(command: SandboxCommand): Promise<SandboxResult>;
  startJob(command: Omit<SandboxCommand, "onUpdate">): Promise<SandboxJob & { generation: number }>;
  jobs(): Promise<SandboxJob[]>;
  /** Waits up to `waitMs` for its end; with its end, the files it changed. Throws NOT_FOUND. */
  readJob(
    id: string,
    after: number,
    waitMs: number,
  ): Promise<{ job: SandboxJob; text: string; next: number; changes: FileChange[]; notes: string[] }>;
  stopJob(id: string): Promise<SandboxJob>;
}

interface Deps {
  containers: Containers;
  workspace: Workspace;
  hasNetwork(): boolean;
}

type Line =
  | { type: "output"; name: "stdout" | "stderr"; text: string }
  | ({ type: "exit" } & SandboxEnd)
  | { type: "error"; error: string };

export const sandboxId = "sandbox";
const keptText = 400_000;

export function createSandbox({ containers, workspace, hasNetwork }: Deps): Sandbox {
  const askOf =
    (generation: number): Ask =>
    (path, init) =>
      containers.fetch(sandboxId, generation, path, init);

  /** Ready, with the assistant's files in it. A container that ended meanwhile is replaced once: nothing has run yet. */
  async function prepare(): Promise<{ generation: number; ask: Ask; notes: string[] }> {
    for (let attempt = 1; ; attempt += 1) {
      const generation = await containers.ensure(sandboxId);
      try {
        const { conflicts } = await push(askOf(generation), workspace);
        const notes = conflicts.map(
          ({ path, keptAs }) => `${path} was changed on both sides; the sandbox's version is kept as ${keptAs}`,
        );
        return { generation, ask: askOf(generation), notes };
      } catch (error) {
        if (attempt > 1 || !(error instanceof MoltError) || error.code !== "CONTAINER_STALE") throw error;
      }
    }
  }

  async function collect(ask: Ask): Promise<{ changes: FileChange[]; notes: string[] }> {
    const { changes, skipped } = await pull(ask, workspace);
    const notes = skipped.slice(0, 10).map(({ path, why }) => `not saved: ${path} (${why})`);
    if (skipped.length > 10) notes.push(`not saved: ${skipped.length - 10} more files`);
    return { changes, notes };
  }

  /** The generation that lives, without starting one. Throws NOT_FOUND: jobs end with their container. */
  async function living(): Promise<{ generation: number; ask: Ask }> {
    const row = (await containers.report()).containers.find((candidate) => candidate.id === sandboxId);
    if (row?.state !== "ready")
      throw new MoltError("NOT_FOUND", { message: "the sandbox does not run, so no job does", hint: "Start the job again." });
    return { generation: row.generation, ask: askOf(row.generation) };
  }

  return {
    missing: containers.missing,
    anticipate: () => void containers.ensure(sandboxId).catch(() => undefined),
    hasNetwork,
    async run({ command, timeoutMs, signal, onUpdate }) {
      onUpdate("starting the sandbox");
      const { generation, ask, notes } = await prepare();
      signal.throwIfAborted();
      onUpdate("running in the sandbox");
      const answer = await ask("/exec", { method: "POST", body: JSON.stringify({ command, timeoutMs }) });
      if (!answer.ok)
        throw new MoltError("CONTAINER_FAILED", {
          message: `the sandbox: ${((await answer.json()) as { error: string }).error}`,
        });
      const { text, end } = await readCommand(answer, signal, onUpdate);
      const found = await collect(ask).catch((error: unknown) => ({
        changes: [],
        notes: [],
        unsaved: error instanceof Error ? error.message : String(error),
      }));
      return { ...end, text, generation, ...found, notes: [...notes, ...found.notes] };
    },
    async startJob({ command, timeoutMs }) {
      const { generation, ask } = await prepare();
      return {
        ...(await readJson<SandboxJob>(await ask("/jobs", { method: "POST", body: JSON.stringify({ command, timeoutMs }) }))),
        generation,
      };
    },
    async jobs() {
      const { ask } = await living();
      return (await readJson<{ jobs: SandboxJob[] }>(await ask("/jobs"))).jobs;
    },
    async readJob(job, after, waitMs) {
      const { ask } = await living();
      const read = await readJson<SandboxJob & { text: string; next: number }>(
        await ask(`/jobs/${encodeURIComponent(job)}?after=${after}&waitMs=${waitMs}`),
      );
      const { text, next, ...row } = read;
      return { job: row, text, next, ...(row.running ? { changes: [], notes: [] } : await collect(ask)) };
    },
    async stopJob(job) {
      const { ask } = await living();
      return readJson(await ask(`/jobs/${encodeURIComponent(job)}`, { method: "DELETE" }));
    },
  };
}

/** Reads to the end of the command; leaving early makes the container end it. Throws CONTAINER_STALE when the end is missing. */
async function readCommand(
  answer: Response,
  signal: AbortSignal,
  onUpdate: (text: string) => void,
): Promise<{ text: string; end: SandboxEnd }> {
  let text = "";
  let end: SandboxEnd | undefined;
  const lines = linesOf<Line>(answer);
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
  aborted.catch(() => undefined);
  try {
    for (;;) {
      const { value: line, done } = await Promise.race([lines.next(), aborted]);
      if (done) break;
      if (line.type === "output") {
        if (text.length < keptText) text += line.text;
        onUpdate(line.text.trimEnd().split("\n").at(-1)?.slice(0, 200) ?? "");
      } else if (line.type === "exit") end = line;
      else throw new MoltError("CONTAINER_FAILED", { message: `the sandbox: ${line.error}` });
    }
  } finally {
    if (!end) void lines.return(undefined).catch(() => undefined);
  }
  if (!end) throw new MoltError("CONTAINER_STALE", { message: "the sandbox ended while the command ran" });
  return { text, end };
}

async function readJson<Value>(answer: Response): Promise<Value> {
  const value = (await answer.json()) as Value & { error?: string };
  if (answer.status === 404) throw new MoltError("NOT_FOUND", { message: value.error ?? "there is no such job" });
  if (!answer.ok) throw new MoltError("CONTAINER_FAILED", { message: `the sandbox: ${value.error ?? answer.status}` });
  return value;
}
