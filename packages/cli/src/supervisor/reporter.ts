/**
 * Tells the assistant what only its supervisor sees: log lines of workerd and of the supervisor itself, and which build lies on
 * disk. It is told in batches, and again after each start; an assistant that does not listen loses nothing but that.
 */

import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { callHost, type HostAddress } from "./host-api.ts";
import type { LogLine } from "./log-line.ts";

const batchMs = 200;
/** A report that fails may itself make the next line. */
const mostPauseMs = 60_000;
const lookMs = 2_000;
const keptLines = 200;
const reportTimeoutMs = 3_000;

export interface Reporter {
  /** A line for the assistant's own log; what it wrote itself is left out. */
  line(line: LogLine): void;
  /** The assistant listens (again): it hears everything that waits, and the build. */
  connect(address: HostAddress): void;
  disconnect(): void;
  close(): void;
}

export function createReporter(buildPath: string): Reporter {
  let waiting: LogLine[] = [];
  let address: HostAddress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let buildIsNews = true;
  let pauseMs = batchMs;

  const soon = () => {
    if (address) timer ??= setTimeout(() => void report(), pauseMs).unref();
  };
  /** The timer is held until it is over, lest a report that fails make the next one at once. */
  async function report(): Promise<void> {
    await send();
    timer = undefined;
    if (waiting.length > 0 || buildIsNews) soon();
  }
  async function send(): Promise<void> {
    if (!address) return;
    const lines = waiting;
    const build = buildIsNews ? readBuild(buildPath) : undefined;
    if (lines.length === 0 && !build) return;
    waiting = [];
    buildIsNews = false;
    const answer = await callHost(address, "POST", "/api/host/report", reportTimeoutMs, {
      lines,
      ...(build ? { build } : {}),
    }).catch(() => undefined);
    if (answer?.status === 200) pauseMs = batchMs;
    else {
      waiting = [...lines, ...waiting].slice(-keptLines);
      buildIsNews = true;
      pauseMs = Math.min(pauseMs * 2, mostPauseMs);
    }
  }

  // A build replaces the folder by a rename, which only looking at the path notices.
  watchFile(buildPath, { interval: lookMs, persistent: false }, () => {
    buildIsNews = true;
    soon();
  });
  return {
    line(line) {
      if (!isOurs(line)) return;
      waiting = [...waiting.slice(1 - keptLines), line];
      soon();
    },
    connect(to) {
      address = to;
      buildIsNews = true;
      // A new life of it is not made to wait for what the last one did.
      pauseMs = batchMs;
      clearTimeout(timer);
      timer = undefined;
      soon();
    },
    disconnect() {
      address = undefined;
    },
    close() {
      address = undefined;
      clearTimeout(timer);
      unwatchFile(buildPath);
    },
  };
}

const isOurs = ({ event }: LogLine) => event === "workerd" || event === "console" || event.startsWith("server.");

/** Undefined while a build is being replaced, or when the file says nothing. */
function readBuild(path: string): { id: string; version: string; builtAt: string } | undefined {
  try {
    const { id, version, builtAt } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    return typeof id === "string" && typeof version === "string" && typeof builtAt === "string"
      ? { id, version, builtAt }
      : undefined;
  } catch {
    return undefined;
  }
}
