/** Turns in blocks whose borders never move: rows put in before or after leave the others as they are. */

import type { Turn } from "../store/turns.ts";

export interface Block {
  id: number;
  turns: Turn[];
}

const rowsPerBlock = 8;

export function blocksOf(turns: Turn[]): Block[] {
  const blocks: Block[] = [];
  for (const turn of turns) {
    const id = Math.floor((turn.rows[0]?.__openclaw.seq ?? 0) / rowsPerBlock);
    const last = blocks.at(-1);
    if (last?.id === id) last.turns.push(turn);
    else blocks.push({ id, turns: [turn] });
  }
  return blocks;
}

/** A block's height before it was ever drawn, pixels. */
export function guessedHeight(block: Block): number {
  return block.turns.reduce((sum, turn) => sum + 140 + Math.min(1_200, 60 * turn.parts.length), 0);
}
