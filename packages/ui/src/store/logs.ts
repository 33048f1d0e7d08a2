/** The log in the page: lines as they come, held back while paused, by level, event and words. */

import type { LogRow } from "@moltworker/protocol/rows";

export interface LogFilter {
  level: LogRow["level"];
  event: string;
  search: string;
}

const levels: readonly LogRow["level"][] = ["debug", "info", "warn", "error"];
/** More than anybody reads; older ones are a press away. */
const keptRows = 2_000;

/** The same rule as the server's, so that a live line stands where a reading would put it. */
export function fits(row: LogRow, filter: LogFilter): boolean {
  if (levels.indexOf(row.level) < levels.indexOf(filter.level)) return false;
  if (!row.event.startsWith(filter.event)) return false;
  return filter.search === "" || lineText(row).toLowerCase().includes(filter.search.toLowerCase());
}

/** Adds newer or older lines; each id once, in order, the newest kept. */
export function withRows(rows: readonly LogRow[], more: readonly LogRow[]): LogRow[] {
  const byId = new Map([...rows, ...more].map((row) => [row.id, row]));
  return [...byId.values()].sort((one, other) => one.id - other.id).slice(-keptRows);
}

/** One line of text, as it is copied. */
export function lineText(row: LogRow): string {
  return [new Date(row.at).toISOString(), row.level.padEnd(5), row.event, row.message ?? "", fieldsText(row)]
    .filter(Boolean)
    .join(" ");
}

export function fieldsText({ fields }: LogRow): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}
