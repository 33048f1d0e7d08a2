/**
 * Runs the built `moltworker` command as a user would: a child process on a data folder of its own, seen only from outside
 * (its JSON events, its port, its pids). No variable of the developer's environment reaches it, so no real key is ever used.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export const commandPath = fileURLToPath(new URL("../../packages/cli/dist/moltworker.mjs", import.meta.url));

/** One JSON line of the command: `type` is "ready", "log", "restarting", "restarted", "stopping", "stopped" or "error". */
export interface CommandEvent {
  type: string;
  [field: string]: unknown;
}

export interface ServerOptions {
  env?: Record<string, string>;
  /** Kept after `dispose`; without it a temporary folder is made and removed. */
  dataDir?: string;
  /** Default 0: a free one. `restart` keeps the one it got. */
  port?: number;
  /** More flags for `moltworker start`. */
  args?: string[];
  /** Path of another build of the command. */
  command?: string;
  /** Milliseconds until `ready`. Default 30,000. */
  timeoutMs?: number;
}

export interface Server {
  /** `http://127.0.0.1:<port>/` */
  url: string;
  port: number;
  /** One-time sign-in link of the latest start. */
  link: string;
  dataDir: string;
  pids: { supervisor: number; workerd: number };
  /** Milliseconds from process start to the ready line, by the command's own clock. */
  startMs: number;
  /** Every event since the latest start. */
  events: CommandEvent[];
  /** The first event that matches, past or to come. Rejects when the process ends without one. */
  event(matches: (event: CommandEvent) => boolean): Promise<CommandEvent>;
  /** SIGTERM, and waits; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL for the supervisor and all its children at once; resolves when none lives. */
  killTree(): Promise<void>;
  /** Starts again on the same folder and port, after `stop` or `killTree`. */
  restart(env?: Record<string, string>): Promise<void>;
  /** Kills what runs and removes the temporary folder. */
  dispose(): Promise<void>;
  /** Runs another verb on the same folder: `run("link")`. */
  run(...args: string[]): Promise<CommandResult>;
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The JSON lines of stdout. */
  events: CommandEvent[];
}

/** Starts a server and waits for its ready line. Throws with the command's own words when it cannot start. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "moltworker-data-"));
  let current = launch(dataDir, options, options.port ?? 0);
  const server: Server = {
    url: "",
    port: 0,
    link: "",
    dataDir,
    pids: { supervisor: 0, workerd: 0 },
    startMs: 0,
    events: current.events,
    event: (matches) => current.event(matches),
    async stop() {
      current.child.kill("SIGTERM");
      return current.exited;
    },
    async killTree() {
      const pids = [...new Set([server.pids.supervisor, server.pids.workerd, ...childrenOf(server.pids.supervisor)])];
      killAll(pids);
      await current.exited;
      while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    async restart(env = options.env) {
      await current.exited;
      current = launch(dataDir, { ...options, env }, server.port);
      server.events = current.events;
      await adopt();
    },
    async dispose() {
      if (current.child.exitCode === null && current.child.signalCode === null) await server.killTree();
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
    },
    run: (...args) => runCommand([...args, "--data", dataDir, "--json"], options.env, options.command),
  };
  async function adopt() {
    const ready = await within(options.timeoutMs ?? 30_000, current);
    const { url, port, link, pid, workerdPid, startMs } = ready as unknown as Record<"url" | "link", string> &
      Record<"port" | "pid" | "workerdPid" | "startMs", number>;
    Object.assign(server, { url, port, link, startMs, pids: { supervisor: pid, workerd: workerdPid } });
    // A restart of workerd alone changes its pid; the server then has the new one.
    current.onEvent((event) => {
      if (event.type === "restarted") server.pids.workerd = event.workerdPid as number;
    });
  }
  try {
    await adopt();
  } catch (error) {
    await server.dispose();
    throw error;
  }
  return server;
}

/** Runs the command to its end. `--json` is the caller's to give; `input` is its standard input. */
export async function runCommand(
  args: string[],
  env: Record<string, string> = {},
  command = commandPath,
  input?: string,
): Promise<CommandResult> {
  const child = spawnCommand(args, env, command, input === undefined ? "ignore" : "pipe");
  child.stdin?.end(input);
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => (output.stdout += chunk));
  child.stderr?.on("data", (chunk) => (output.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...output, events: output.stdout.split("\n").flatMap(eventFrom) };
}

/** True for a process that exists and is not a zombie. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

interface Launched {
  child: ChildProcess;
  events: CommandEvent[];
  exited: Promise<number | null>;
  stderr(): string;
  event(matches: (event: CommandEvent) => boolean): Promise<CommandEvent>;
  onEvent(listener: (event: CommandEvent) => void): void;
}

function launch(dataDir: string, options: ServerOptions, port: number): Launched {
  const child = spawnCommand(
    ["start", "--json", "--no-open", "--port", String(port), "--data", dataDir, ...(options.args ?? [])],
    options.env,
    options.command,
  );
  const events: CommandEvent[] = [];
  const listeners = new Set<(event: CommandEvent) => void>();
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  createInterface({ input: child.stdout as Readable }).on("line", (line) => {
    for (const event of eventFrom(line)) {
      events.push(event);
      for (const listener of listeners) listener(event);
    }
  });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    child,
    events,
    exited,
    stderr: () => stderr,
    onEvent: (listener) => void listeners.add(listener),
    event(matches) {
      const past = events.find(matches);
      if (past) return Promise.resolve(past);
      return new Promise((resolve, reject) => {
        const listener = (event: CommandEvent) => {
          if (!matches(event)) return;
          listeners.delete(listener);
          resolve(event);
        };
        listeners.add(listener);
        void exited.then((code) =>
          reject(new Error(`the command ended with code ${code}: ${JSON.stringify(events.slice(-5))} ${stderr}`)),
        );
      });
    },
  };
}

async function within(timeoutMs: number, launched: Launched): Promise<CommandEvent> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new Error(`not ready within ${timeoutMs} ms: ${JSON.stringify(launched.events.slice(-5))} ${launched.stderr()}`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([launched.event((event) => event.type === "ready"), late]);
  } finally {
    clearTimeout(timer);
  }
}

function spawnCommand(
  args: string[],
  env: Record<string, string> = {},
  command = commandPath,
  stdin: "ignore" | "pipe" = "ignore",
): ChildProcess {
  if (!existsSync(command)) throw new Error("the command is not built: run `npm run build` first");
  const inherited = { PATH: process.env.PATH ?? "", HOME: tmpdir(), NODE_NO_WARNINGS: "1" };
  return spawn(process.execPath, [command, ...args], { env: { ...inherited, ...env }, stdio: [stdin, "pipe", "pipe"] });
}

function eventFrom(line: string): CommandEvent[] {
  try {
    return line.trim() ? [JSON.parse(line) as CommandEvent] : [];
  } catch {
    return [];
  }
}

function childrenOf(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return [];
  }
}

function killAll(pids: number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended on its own.
    }
  }
}
