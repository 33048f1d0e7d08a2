import { describe, expect, test } from "vitest";
import { createAcceptance } from "./acceptance.ts";

function world() {
  let now = 10_000;
  const acceptance = createAcceptance({ now: () => now });
  const update = () => acceptance.during(async () => {});
  /** Rows that are begun until `ms` later, when one asks as often as one is told to; an update each `everyMs`. */
  const begun = async (ms: number, everyMs: number) => {
    let rows = 0;
    for (const end = now + ms; now < end; now += 1) {
      if ((end - now) % everyMs === 0) await update();
      const may = acceptance.mayTake();
      rows += Math.min(may.rows, 1_000);
    }
    return rows;
  };
  return { acceptance, update, begun, pass: (ms: number) => (now += ms) };
}

describe("acceptance first", () => {
  test("in quiet times nothing is held back, not even the first of many", async () => {
    const { acceptance, update, pass } = world();
    expect(acceptance.mayTake().rows).toBeGreaterThan(1_000);
    await update();
    expect(acceptance.mayTake().rows).toBe(1);
    pass(60);
    expect(acceptance.mayTake().rows).toBeGreaterThan(1_000);
  });

  test("in a rush work begins slowly, and says when to ask again", async () => {
    const { acceptance, begun } = world();
    expect(await begun(1_000, 5)).toBe(20);
    acceptance.mayTake();
    const { rows, againInMs } = acceptance.mayTake();
    expect([rows, (againInMs ?? 0) > 0 && (againInMs ?? 0) <= 50]).toEqual([0, true]);
  });

  test("a rush without end does not let work fall behind for ever", async () => {
    const { begun } = world();
    await begun(3_000, 5);
    expect(await begun(1_000, 5)).toBeGreaterThan(60);
  });

  test("while one is being taken in, it is no quiet time", () => {
    const { acceptance, pass } = world();
    void acceptance.during(() => new Promise(() => {}));
    pass(5_000);
    expect(acceptance.mayTake().rows).toBe(1);
  });
});
