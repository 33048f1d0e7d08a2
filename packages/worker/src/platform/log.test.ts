import { expect, test } from "vitest";
import { createLog, patientLog } from "./log.ts";

test("what cannot be written where it is said is written, in order, as soon as something can", () => {
  const lines: string[] = [];
  let isReachable = false;
  const write = (line: string) => {
    if (!isReachable) throw new Error("Cannot perform I/O on behalf of a different Durable Object.");
    lines.push((JSON.parse(line) as { event: string }).event);
  };
  const log = patientLog(createLog(write));
  log.warn("first", { error: new Error("no") });
  log.info("second");
  expect(lines).toEqual([]);
  isReachable = true;
  log.info("third");
  expect(lines).toEqual(["first", "second", "third"]);
  isReachable = false;
  log.info("fourth");
  isReachable = true;
  log.catchUp();
  log.catchUp();
  expect(lines).toEqual(["first", "second", "third", "fourth"]);
});

test("a log that never can is not kept for ever", () => {
  let tries = 0;
  const log = patientLog(
    createLog(() => {
      tries += 1;
      throw new Error("no");
    }),
  );
  for (let line = 0; line < 1_200; line += 1) log.info(`line ${line}`);
  tries = 0;
  log.catchUp();
  expect(tries).toBe(1_000);
});
