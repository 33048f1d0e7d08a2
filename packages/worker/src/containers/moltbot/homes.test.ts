import { describe, expect, it } from "vitest";
import { type HomeRow, spare } from "./homes.ts";
import { compareVersions } from "./versions.ts";

const day = 86_400_000;
const now = 400 * day;
const home = (id: string, madeAt: number, over: Partial<HomeRow> = {}): HomeRow => ({
  id,
  madeAt,
  version: "2026.9.6",
  reason: "while it ran",
  mark: "",
  files: 1,
  bytes: 1,
  verdict: "unproved",
  ...over,
});

describe("which homes may go", () => {
  const many = Array.from({ length: 30 }, (_, at) => home(`h${at}`, now - at * 60_000));

  it("keeps the newest", () => {
    const gone = spare(many, now);
    expect(gone).not.toContain("h0");
    expect(gone).not.toContain("h7");
    expect(gone).toContain("h8");
  });

  it("never lets the last proved one go, however old", () => {
    expect(spare([...many, home("good", now - 300 * day, { verdict: "good" })], now)).not.toContain("good");
  });

  it("keeps one of every version, so that there is always a way back", () => {
    const old = [
      home("old-2", now - 100 * day, { version: "2026.9.5" }),
      home("old-1", now - 101 * day, { version: "2026.9.5" }),
    ];
    const gone = spare([...many, ...old], now);
    expect(gone).not.toContain("old-2");
    expect(gone).toContain("old-1");
  });

  it("keeps one a day for two weeks", () => {
    const daily = Array.from({ length: 20 }, (_, at) => home(`d${at}`, now - at * day));
    expect(spare(daily, now)).toEqual(["d14", "d15", "d16", "d17", "d18", "d19"]);
  });

  it("leaves a few as they are", () => expect(spare([home("a", now)], now)).toEqual([]));
});

it.each([
  ["2026.9.5", "2026.9.6", -1],
  ["2026.10.1", "2026.9.6", 1],
  ["2026.9.6", "2026.9.6", 0],
])("%s against %s", (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign));
