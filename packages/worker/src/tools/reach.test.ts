/** What no tool may have: an identity among its arguments, or a way to what holds the agent back. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { tools } from "../catalog/tools.ts";

const identity =
  /^(user|sender|principal|requester|owner|from|identity|grants?|scopes?|token|session(Key|Id)?|deviceId|agentId)$/i;

test.each(tools.map((tool) => [tool.name, tool] as const))("%s takes no identity as an argument", (_, tool) => {
  const { properties = {} } = z.toJSONSchema(tool.parameters) as { properties?: Record<string, unknown> };
  expect(Object.keys(properties).filter((name) => identity.test(name))).toEqual([]);
});

test("modules of tools reach neither settings nor grants, keys, budgets or methods", () => {
  const folder = import.meta.dirname;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /(?<!\.test)\.ts$/.test(name));
  expect(files.length).toBeGreaterThanOrEqual(tools.length);
  for (const name of files) {
    const imports = readFileSync(join(folder, name), "utf8").match(/(from|import\() ?"[^"]+"/g) ?? [];
    const reach = imports.filter((text) => /\/(auth|config|secrets|rpc|methods|services|edge|doctor|ai-gateway)\//.test(text));
    expect([name, reach]).toEqual([name, []]);
  }
});
