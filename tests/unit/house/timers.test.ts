import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../../packages/worker/src", import.meta.url));

test("nothing in the Worker waits by AbortSignal.timeout: platform/deadline.ts says why", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== join("platform", "deadline.ts"),
  );
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((name) => readFileSync(join(source, name), "utf8").includes("AbortSignal.timeout("))).toEqual([]);
});
