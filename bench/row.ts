/** What a bench measures: groups of rows, each with our figure, a peer's from the same run, and the bar we hold ourselves to. */

import type { Product, Running } from "./product.ts";

export interface Row {
  /** Stable, for machines: `turn.request.p50`. */
  id: string;
  what: string;
  unit: string;
  ours: number | null;
  peer: number | null;
  /** `higher`: more is better. */
  better: "lower" | "higher";
  bar: number | null;
  /** How it was measured, and how far the repetitions lay apart. */
  note: string;
}

/** The rows of one group, and whom its peer's figures are of. */
export interface Section {
  peerName: string;
  rows: Row[];
}

export interface Bench {
  /** Ours first; the peer is absent with `--no-peer`. */
  products: Product[];
  /** One warm instance per product, started when first asked for. */
  running(product: Product): Promise<Running>;
  providerUrl: string;
  say(text: string): void;
}

/** One file of `bench/rows/`; its name selects it: `npm run bench -- turn`. */
export interface RowGroup {
  name: string;
  what: string;
  /** Whom the peer's figures are of. Default: stock OpenClaw. */
  peerName?: string;
  measure(bench: Bench): Promise<Row[]>;
}

/** Measures each product in turn and joins the figures into rows. */
export async function sideBySide(
  bench: Bench,
  measure: (product: Product) => Promise<Record<string, { value: number; note?: string }>>,
  rows: Omit<Row, "ours" | "peer" | "note">[],
): Promise<Row[]> {
  const figures = [];
  for (const product of bench.products) figures.push(await measure(product));
  const [ours, peer] = figures;
  return rows.map((row) => ({
    ...row,
    ours: ours?.[row.id]?.value ?? null,
    peer: peer?.[row.id]?.value ?? null,
    note: [ours?.[row.id]?.note, peer?.[row.id]?.note].filter(Boolean).join("; stock "),
  }));
}
