/** The part of a log that a model reads: what the newest compaction keeps of the entries before it, and all after it. Pure. */

import type { LogEntry } from "./log-entry.ts";

export interface LogView {
  /** Replaces everything that is not in `entries`; undefined before the first compaction. */
  summary: string | undefined;
  entries: LogEntry[];
}

export function viewOf(log: readonly LogEntry[]): LogView {
  const at = log.findLastIndex((entry) => entry.role === "compaction");
  const fold = log[at];
  if (fold?.role !== "compaction") return { summary: undefined, entries: [...log] };
  const kept = log.slice(Math.max(0, at - (fold.kept ?? 0)), at).filter((entry) => entry.role !== "compaction");
  return { summary: fold.content.map((part) => part.text).join("\n"), entries: [...kept, ...log.slice(at + 1)] };
}
