/** Many sessions at once, each sending its next message when the last one is answered; then what all that left in memory. */

import { now } from "../load.ts";
import { useOf } from "../process-tree.ts";
import type { Product, Running } from "../product.ts";
import { type RowGroup, sideBySide } from "../row.ts";

const sessionCounts = [1, 10, 50];
const warmUpMs = 2_000;

export const throughput: RowGroup = {
  name: "throughput",
  what: "turns per second, fairness, processor time, memory after 1,000 turns",
  measure: (bench) =>
    sideBySide(
      bench,
      async (product) => {
        const running = await bench.running(product);
        const figures: Record<string, { value: number; note?: string }> = {};
        for (const sessions of sessionCounts) {
          const result = await drive(product, running, sessions);
          const note = `${result.turns} turns in ${(result.lastedMs / 1_000).toFixed(0)} s`;
          figures[`throughput.${sessions}`] = { value: (result.turns / result.lastedMs) * 1_000, note };
          figures[`throughput.${sessions}.fair`] = {
            value: result.least / (result.turns / sessions),
            note: "turns of the slowest session against the average",
          };
          figures[`throughput.${sessions}.cpu`] = { value: result.cpuMs / result.turns };
        }
        if (product.isOurs) figures["throughput.memory"] = await memoryAfter(running, 1_000);
        return figures;
      },
      [
        ...sessionCounts.flatMap((count) => [
          {
            id: `throughput.${count}`,
            what: `turns per second, ${count} ${count === 1 ? "session" : "sessions"}`,
            unit: "/s",
            better: "higher" as const,
            bar: count === 1 ? null : 100,
          },
          ...(count === 1
            ? []
            : [
                {
                  id: `throughput.${count}.fair`,
                  what: `fairness, ${count} sessions`,
                  unit: "",
                  better: "higher" as const,
                  bar: 0.5,
                },
              ]),
          {
            id: `throughput.${count}.cpu`,
            what: `processor time per turn, ${count} ${count === 1 ? "session" : "sessions"}`,
            unit: "ms",
            better: "lower" as const,
            bar: null,
          },
        ]),
        { id: "throughput.memory", what: "memory after 1,000 turns more (PSS)", unit: "MB", better: "lower", bar: 300 },
      ],
    ),
};

interface Driven {
  turns: number;
  /** Turns of the session that got the fewest. */
  least: number;
  lastedMs: number;
  cpuMs: number;
}

async function drive(product: Product, { load, pid }: Running, sessions: number): Promise<Driven> {
  const windowMs = product.isOurs ? 10_000 : 20_000;
  const counts = new Array<number>(sessions).fill(0);
  const opens = now() + warmUpMs;
  const closes = opens + windowMs;
  let cpuBefore = 0;
  const opening = setTimeout(() => {
    cpuBefore = useOf(pid).cpuMs;
  }, warmUpMs);
  const converse = async (index: number) => {
    for (let turn = 0; now() < closes; turn += 1) {
      const { endedAt } = await load.turn(
        `agent:main:load-${sessions}-${index}-${Math.floor(turn / 20)}`,
        `message ${turn} [[say: one two three]]`,
      );
      if (endedAt >= opens && endedAt < closes) counts[index] = (counts[index] as number) + 1;
    }
  };
  await Promise.all(counts.map((_, index) => converse(index)));
  clearTimeout(opening);
  const turns = counts.reduce((sum, count) => sum + count, 0);
  const cpuMs = useOf(pid).cpuMs - cpuBefore;
  return { turns, least: Math.min(...counts), lastedMs: windowMs, cpuMs };
}

async function memoryAfter({ load, pid }: Running, turns: number): Promise<{ value: number; note: string }> {
  const sessions = 10;
  const converse = async (index: number) => {
    for (let turn = 0; turn < turns / sessions; turn += 1)
      await load.turn(`agent:main:memory-${index}`, `message ${turn} [[say: one two three]]`);
  };
  await Promise.all(Array.from({ length: sessions }, (_, index) => converse(index)));
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const use = useOf(pid);
  return {
    value: use.pssMb,
    note: `${sessions} sessions of ${turns / sessions} turns, 5 s later; RSS ${use.rssMb.toFixed(0)} MB`,
  };
}
