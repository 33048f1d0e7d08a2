/** Rows as a table for people and as plain objects for machines. */

import type { Row, Section } from "./row.ts";

/** True and false against the bar; null without one or without a figure. */
export function meetsBar({ ours, bar, better }: Row): boolean | null {
  if (bar === null || ours === null) return null;
  return better === "lower" ? ours <= bar : ours >= bar;
}

/** One table; a heading of its own wherever the peer is another one. */
export function tableOf(sections: readonly Section[]): string {
  const all: string[][] = [];
  let heading = "";
  for (const { peerName, rows } of sections) {
    if (rows.length === 0) continue;
    const peer = rows.some((row) => row.peer !== null) ? peerName : "";
    if (all.length === 0 || (peer !== "" && peer !== heading)) {
      if (all.length > 0) all.push([]);
      all.push(["", "ours", peer, "better by", "bar", "", "how"]);
      heading = peer;
    }
    all.push(...rows.map(cellsOf));
  }
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const padded = (cell: string, column: number) =>
    column === 0 || column > 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return all.map((row) => row.map(padded).join("  ").trimEnd()).join("\n");
}

function cellsOf(row: Row): string[] {
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
}

export function machineRows(sections: readonly Section[]): object[] {
  return sections.flatMap(({ peerName, rows }) =>
    rows.map((row) => ({
      id: row.id,
      unit: row.unit,
      ours: row.ours,
      peer: row.peer,
      peerName: row.peer === null ? null : peerName,
      bar: row.bar,
      ok: meetsBar(row),
      better: row.better,
      what: row.what,
      note: row.note,
    })),
  );
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
