import { describe, expect, it } from "vitest";
import { callHash, canonicalJson, describeCall, describeChanges } from "./call-text.ts";

const hostile = [
  "\u202e",
  "\u202d",
  "\u2066",
  "\u2069",
  "\u200e",
  "\u061c",
  "\u200b",
  "\u200d",
  "\u2060",
  "\ufeff",
  "\u00ad",
  "\u034f",
  "\n",
  "\r",
  "\r\n",
  "\u2028",
  "\u2029",
  "\u0085",
  "\u0000",
  "\u001b[2K",
  "\u0007",
  "\u007f",
  "\u009b",
  "\u00a0",
  "\u2003",
  "\u3000",
  "\u3164",
  "\u115f",
  "\u2800",
  "\ufe0f",
  "\u{e0041}",
  "\u{e0100}",
  "\ud800",
  "\ue000",
  "\ufff9",
  "\u180e",
];

describe("describeCall", () => {
  it("reads as one plain line", () => {
    expect(describeCall("bash", { command: "ls -la | grep 'ä 日本 🦞'" })).toBe(`bash {"command":"ls -la | grep 'ä 日本 🦞'"}`);
    expect(describeCall("write", { path: "a", content: "1\n2" })).toBe('write {"content":"1\\n2","path":"a"}');
  });

  it.each(hostile)("shows %j as an escape", (piece) => {
    const line = describeCall("bash", { command: `echo safe${piece}rm -rf notes` });
    expect(line).toMatch(/^bash \{"command":"echo safe(\\[nrtbf]|\\u\{?[0-9a-f]{2,6}\}?)+(\[2K)?rm -rf notes"\}$/);
    expect(line).not.toMatch(/[^\x20-\x7e]/);
  });

  it("never gives two calls the same line", () => {
    const twins = ["\u202e", "\\u{202e}", "\\u202e", "\\\\u{202e}", "\n", "\\n", "\\\n", '"', '\\"', " ", "\u00a0"];
    const lines = twins.map((command) => describeCall("bash", { command }));
    expect(new Set(lines).size).toBe(twins.length);
  });

  it("cuts nothing", () => {
    const command = `echo ${"x".repeat(200_000)}; rm -rf notes`;
    expect(describeCall("bash", { command })).toContain("; rm -rf notes");
    expect(describeCall("bash", { command }).length).toBeGreaterThan(200_000);
  });
});

describe("callHash", () => {
  const call = { path: "USER.md", content: "I like tea", nested: { b: 1, a: [1, 2, null] } };

  it("does not depend on the order of keys", async () => {
    expect(await callHash("write", call)).toBe(
      await callHash("write", { nested: { a: [1, 2, null], b: 1 }, content: "I like tea", path: "USER.md" }),
    );
    expect(await callHash("write", call)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("changes with every mutation after approval", async () => {
    const approved = await callHash("write", call);
    const mutations: [string, unknown][] = [
      ["edit", call],
      ["write", { ...call, path: "SOUL.md" }],
      ["write", { ...call, content: "I like tea " }],
      ["write", { ...call, content: "I like tea\u200b" }],
      ["write", { ...call, content: null }],
      ["write", { ...call, extra: true }],
      ["write", { path: call.path, content: call.content }],
      ["write", { ...call, nested: { b: "1", a: [1, 2, null] } }],
      ["write", { ...call, nested: { b: 1, a: [2, 1, null] } }],
      ["write", { ...call, nested: { b: 1, a: [1, 2] } }],
      ["write", [call]],
    ];
    const hashes = await Promise.all(mutations.map(([name, args]) => callHash(name, args)));
    expect(new Set([approved, ...hashes]).size).toBe(mutations.length + 1);
  });
});

describe("canonicalJson", () => {
  it("parses back to the same value", () => {
    const value = { z: [1, -0.5, "\u2028", { y: true, x: null }], 'a"b': "\\", __proto__x: 1, "": "" };
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });
});

describe("describeChanges", () => {
  it("shows text, bytes and deletions whole", () => {
    const changes = [
      { path: "a.md", content: new TextEncoder().encode("\ufeffhéllo\n") },
      { path: "b.bin", content: new Uint8Array([255, 0, 1]) },
      { path: "c.md", content: null },
    ];
    expect(describeChanges(changes)).toEqual({ "a.md": "\ufeffhéllo\n", "b.bin": "hex:ff0001", "c.md": null });
  });
});
