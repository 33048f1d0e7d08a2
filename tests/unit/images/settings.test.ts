/** What the front of a hosted OpenClaw does with settings, before any container is there. */

import { describe, expect, it } from "vitest";
import { merged, withoutIssues } from "../../../images/moltbot/server/settings.mjs";

describe("settings laid over others", () => {
  it("win by key, and lists are values", () => {
    expect(merged({ a: { b: 1, c: [1, 2] }, d: 4 }, { a: { c: [3] } })).toEqual({ a: { b: 1, c: [3] }, d: 4 });
  });
  it("never reach a prototype", () => {
    const result = merged(JSON.parse('{"__proto__": {"polluted": true}}'), { a: 1 });
    expect([result, ({} as { polluted?: boolean }).polluted]).toEqual([{ a: 1 }, undefined]);
  });
});

describe("without what a validator named", () => {
  it.each([
    ["an unknown key", [{ path: "gateway", message: 'Unrecognized key: "bogus"' }], { gateway: { port: 1 } }, ["gateway.bogus"]],
    ["several", [{ path: "<root>", message: 'Unrecognized keys: "x", "gateway"' }], {}, ["gateway"]],
    ["a wrong value", [{ path: "gateway.port", message: "Invalid input" }], { gateway: { bogus: 2 } }, ["gateway.port"]],
    ["what is not there", [{ path: "a.b.c", message: "Invalid input" }], { gateway: { port: 1, bogus: 2 } }, []],
  ])("%s", (_, issues, left, dropped) => {
    expect(withoutIssues({ gateway: { port: 1, bogus: 2 } }, issues)).toEqual({ settings: left, dropped });
  });
});
