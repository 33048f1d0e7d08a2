/** Rows as a table for people and as plain objects for machines. */

import type { Row } from "./row.ts";

/** True and false against the bar; null without one or without a figure. */
export function meetsBar({ ours, bar, better }: Row): boolean | null {
  if (bar === null || ours === null) return null;
  return better === "lower" ? ours <= bar : ours >= bar;
}

export function tableOf(rows: Row[], peerName: string): string {
  const cells = rows.map((row) => {
    const ok = meetsBar(row);
    return [
      row.what,
      figure(row.ours, row.unit),
      figure(row.peer, row.unit),
      ratio(row),
      row.bar === null ? "" : `${row.better === "lower" ? "≤" : "≥"} ${figure(row.bar, row.unit)}`,
      ok === null ? "" : ok ? "ok" : "NO",
      row.note,
    ];
  });
  const all = [["", "ours", peerName, "better by", "bar", "", "how"], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column > 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function machineRows(rows: Row[], peerName: string): object[] {
  return rows.map((row) => ({
    id: row.id,
    unit: row.unit,
    ours: row.ours,
    peer: row.peer,
    peerName,
    bar: row.bar,
    ok: meetsBar(row),
    better: row.better,
    what: row.what,
    note: row.note,
  }));
}

function figure(value: number | null, unit: string): string {
  if (value === null || Number.isNaN(value)) return "–";
  const text = value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(value >= 10 ? 1 : 2);
  return unit === "" ? text : `${text} ${unit}`;
}

function ratio({ ours, peer, better }: Row): string {
  if (ours === null || peer === null || Number.isNaN(ours + peer) || ours === 0 || peer === 0) return "";
  const factor = better === "lower" ? peer / ours : ours / peer;
  return `${factor.toFixed(factor >= 10 ? 0 : 1)}×`;
}
