/** Turns the ways a start can fail into one sentence of cause and one of cure. */

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import type { LogLine } from "./log-line.ts";
import type { WorkerdExit } from "./workerd-process.ts";

export interface FailureContext {
  host: string;
  port: number;
  /** Durable Object folder. */
  objects: string;
  /** The last log lines, oldest first. */
  lines: LogLine[];
}

/** Why workerd ended before it served. A failure that another try cannot cure comes back; undefined means: try again. */
export function permanentFailure(context: FailureContext): MoltError | undefined {
  const text = context.lines.map((line) => String(line.message ?? line.event)).join("\n");
  if (text.includes("Address already in use")) return portTaken(context.host, context.port);
  if (text.includes("DNS lookup failed")) {
    return new MoltError("USAGE", {
      message: `the host name ${context.host} cannot be resolved`,
      hint: "Start with --host and an address of this machine, such as 127.0.0.1.",
    });
  }
  if (/Cannot assign requested address|EADDRNOTAVAIL/.test(text)) {
    return new MoltError("USAGE", {
      message: `${context.host} is not an address of this machine`,
      hint: "Start with --host 127.0.0.1, or another address of this machine.",
    });
  }
  if (/bind\(\): Permission denied/.test(text)) {
    return new MoltError("PORT_TAKEN", {
      message: `this user may not listen on port ${context.port}`,
      hint: "Start with a --port above 1023.",
    });
  }
  if (/setpriv: failed to execute/.test(text)) {
    return new MoltError("WORKERD_MISSING", {
      message: `the workerd binary does not run here: ${text.split("\n")[0]}`,
      hint: "workerd needs a glibc Linux (Debian, Ubuntu, Fedora…) or macOS, on x64 or arm64.",
    });
  }
  return corruptStorage(context.objects, context.lines);
}

/** STORAGE_CORRUPT when a file's own header or SQLite's words anywhere in the log say so. */
export function corruptStorage(objects: string, lines: LogLine[]): MoltError | undefined {
  const files = databaseFiles(objects);
  const damaged = files.filter((path) => !hasDatabaseHeader(path));
  const said = /SQLITE_(NOTADB|CORRUPT)|file is not a database|database disk image is malformed/.test(JSON.stringify(lines));
  if (damaged.length === 0 && !said) return undefined;
  const objectFiles = files.filter((path) => basename(path) !== "metadata.sqlite");
  const where = damaged[0] ?? (objectFiles.length === 1 ? objectFiles[0] : undefined) ?? objects;
  return new MoltError("STORAGE_CORRUPT", {
    message: `the database is damaged: ${where}`,
    hint: `Run \`moltworker restore\`: it brings the last good snapshot back and keeps ${where} aside.`,
    details: { files: damaged },
  });
}

/** After too many crashes: the cause is whatever was logged last. */
export function workerdCrashed({ lines }: FailureContext, exit: WorkerdExit): MoltError {
  const message = `the server keeps crashing${endOf(exit, lines)}`.slice(0, 1_000);
  return new MoltError("WORKERD_CRASHED", { message, details: { lastLines: lines.slice(-20) } });
}

/** How workerd ended and the last error it logged: ` (signal SIGABRT): heap out of memory`. */
export function endOf(exit: WorkerdExit, lines: LogLine[]): string {
  const ended = ` (${exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`})`;
  const last = lines.findLast((line) => line.level === "error");
  return last ? `${ended}: ${String(last.message ?? last.event).split("\n")[0]}` : ended;
}

/** PORT_TAKEN, with the program that has it where this user may see that. */
export function portTaken(host: string, port: number): MoltError {
  const owner = process.platform === "linux" ? portOwner(port) : undefined;
  const by = owner ? ` by ${owner.name} (pid ${owner.pid})` : " by another program";
  return new MoltError("PORT_TAKEN", { message: `port ${port} on ${host} is taken${by}`, details: { port, ...(owner ?? {}) } });
}

/** The process that listens on a port, as far as /proc lets this user see it. */
export function portOwner(port: number): { pid: number; name: string } | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const owner = pids.find((pid) => openTargets(pid).some((target) => inodes.has(target)));
  const name = owner === undefined ? undefined : readOr(`/proc/${owner}/comm`);
  return name === undefined ? undefined : { pid: Number(owner), name: name.trim() };
}

/** What a process has open. Empty for another user's process, or one that ended while we looked. */
function openTargets(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((fd) => {
      try {
        return [readlinkSync(`${folder}/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function listeningInodes(table: string, port: number): string[] {
  const listening = "0A";
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return (readOr(table) ?? "")
    .split("\n")
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${wanted}`) && columns[3] === listening)
    .map((columns) => `socket:[${columns[9]}]`);
}

function databaseFiles(objects: string): string[] {
  try {
    return readdirSync(objects, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".sqlite"))
      .map((name) => join(objects, name));
  } catch {
    return [];
  }
}

/** An empty file is a new database; any other begins with SQLite's own sixteen bytes. */
function hasDatabaseHeader(path: string): boolean {
  const header = Buffer.alloc(16);
  try {
    const fd = openSync(path, "r");
    const length = readSync(fd, header, 0, 16, 0);
    closeSync(fd);
    return length === 0 || header.toString("latin1") === "SQLite format 3\0";
  } catch {
    return true;
  }
}
