import { describe, expect, it } from "vitest";
import { createScrubber, formatLogLine, logLineFrom } from "./log-line.ts";

const at = new Date("2026-11-23T10:00:00.000Z");

describe("logLineFrom", () => {
  it("unwraps what the Worker logged", () => {
    const inner = { ts: "2026-11-23T09:59:59.000Z", level: "warn", event: "run.resumed", runId: "r1" };
    expect(logLineFrom(JSON.stringify({ timestamp: at.getTime(), level: "log", message: JSON.stringify(inner) }))).toEqual(inner);
  });

  it("keeps what a library printed", () => {
    expect(logLineFrom(JSON.stringify({ timestamp: at.getTime(), level: "error", message: "plain" }))).toEqual({
      ts: at.toISOString(),
      level: "error",
      event: "console",
      message: "plain",
    });
  });

  it("names workerd's own lines, whose time is a string", () => {
    const line = {
      timestamp: String(at.getTime()),
      level: "error",
      source: "server.c++:1",
      message: "bind(): in use",
      context_depth: 0,
    };
    expect(logLineFrom(JSON.stringify(line))).toEqual({
      ts: at.toISOString(),
      level: "error",
      event: "workerd",
      message: "bind(): in use",
      source: "server.c++:1",
    });
  });

  it.each(["not json", "{half", "", '{"level":7}', "[1]", "null"])("reads %j without failing", (text) => {
    expect(logLineFrom(text, at)).toMatchObject({ ts: at.toISOString(), level: expect.stringMatching(/^(info|error)$/) });
  });

  it("bounds a very long line", () => {
    expect(JSON.stringify(logLineFrom("x".repeat(1_000_000), at)).length).toBeLessThan(20_000);
  });
});

describe("createScrubber", () => {
  it("removes each known secret wherever it stands, and leaves short words alone", () => {
    const scrub = createScrubber(["secret-value", undefined, "abc"]);
    expect(scrub("a secret-value and secret-value, abc")).toBe("a [redacted] and [redacted], abc");
  });
});

describe("formatLogLine", () => {
  const line = { ts: at.toISOString(), level: "warn" as const, event: "run.cut", message: "first\nsecond", tries: 2, name: "x" };

  it("is one line, without colours when nobody looks", () => {
    expect(formatLogLine(line, false)).toMatch(/^\d\d:\d\d:\d\d warn {2}run\.cut first tries=2 name=x$/);
  });

  it("is coloured on a terminal", () => {
    expect(formatLogLine(line, true)).toContain("\u001b[33mwarn");
  });
});
