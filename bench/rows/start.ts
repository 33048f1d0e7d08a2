/** Start and rest: how long until it answers, and what it holds while nothing happens. */

import { type TreeUse, useOf } from "../process-tree.ts";
import type { Product, Running } from "../product.ts";
import { type RowGroup, sideBySide } from "../row.ts";
import { median, spread } from "../statistics.ts";

const restMs = 10_000;

export const start: RowGroup = {
  name: "start",
  what: "process start, idle memory",
  measure: (bench) =>
    sideBySide(
      bench,
      async (product) => {
        const { runs, rest } = await startRepeatedly(product, bench.providerUrl, product.isOurs ? 7 : 3);
        const answers = runs.map((run) => run.answerMs);
        const hellos = runs.map((run) => run.helloMs);
        const processes = `${rest.processes} processes, ${restMs / 1_000} s after start`;
        return {
          "start.answer": { value: median(answers), note: spread(answers) },
          "start.hello": { value: median(hellos), note: spread(hellos) },
          "start.memory": { value: rest.pssMb, note: processes },
          "start.rss": { value: rest.rssMb },
        };
      },
      [
        { id: "start.answer", what: "process start → first 200", unit: "ms", better: "lower", bar: null },
        { id: "start.hello", what: "process start → hello-ok", unit: "ms", better: "lower", bar: 500 },
        { id: "start.memory", what: "idle memory, whole tree (PSS)", unit: "MB", better: "lower", bar: 150 },
        { id: "start.rss", what: "idle memory, whole tree (RSS)", unit: "MB", better: "lower", bar: null },
      ],
    ),
};

async function startRepeatedly(
  product: Product,
  providerUrl: string,
  times: number,
): Promise<{ runs: Running[]; rest: TreeUse }> {
  const runs: Running[] = [];
  let rest: TreeUse | undefined;
  for (let index = 0; index < times; index += 1) {
    const run = await product.start(providerUrl);
    runs.push(run);
    if (index === times - 1) {
      await new Promise((resolve) => setTimeout(resolve, restMs));
      rest = useOf(run.pid);
    }
    await run.stop();
  }
  return { runs, rest: rest as TreeUse };
}
