import { describe, expect, it } from "vitest";
import type { FrontState } from "./front.ts";
import { explain, settingsNote } from "./hosted-reasons.ts";

const state = (over: Partial<FrontState>): FrontState => ({
  phase: "failed",
  reason: null,
  settings: null,
  lines: [],
  home: { phase: "restored", files: 0 },
  sockets: 0,
  ...over,
});
const ended = (over: object) => ({ exitCode: null, signal: null, during: "start" as const, late: false, ...over });
const refused = [{ which: "own", issues: [{ path: "gateway", message: 'Unrecognized key: "bogus"' }] }];

describe("why it does not run", () => {
  it.each([
    [
      "a refused setting",
      { reason: ended({ exitCode: 78 }), settings: { used: "minimal", refused, dropped: [], mark: "", text: "" } },
      /refuses its settings: gateway: Unrecognized key: "bogus"/,
    ],
    ["a kill", { reason: ended({ signal: "SIGKILL" }) }, /was killed while it started/],
    ["silence", { reason: ended({ late: true }), lines: ["loading"] }, /did not become ready in time: loading/],
    ["an exit", { reason: ended({ exitCode: 1 }), lines: ["no space left", ""] }, /ended with exit code 1: no space left/],
  ])("%s", (_, over, words) => {
    const error = explain(state(over as Partial<FrontState>), "2026.9.6");
    expect(error.message).toMatch(words);
    expect(error.hint).not.toBe("");
  });
});

describe("settings that are not what was given", () => {
  const settings = { used: "own" as const, refused: [], dropped: [], mark: "", text: "" };
  it("are worth a word", () => {
    expect(settingsNote(state({ settings: { ...settings, used: "last", refused } }), 0)).toMatch(
      /bogus.*runs with the last that started/,
    );
    expect(settingsNote(state({ settings: { ...settings, used: "repaired", refused, dropped: ["gateway.bogus"] } }), 0)).toMatch(
      /without gateway\.bogus/,
    );
  });
  it("and those that are, are not", () => expect(settingsNote(state({ settings }), 0)).toBeUndefined());
});
