import type { LogRow } from "@moltworker/protocol/rows";
import { describe, expect, it } from "vitest";
import { fits, lineText, withRows } from "./logs.ts";

const row = (id: number, more: Partial<LogRow> = {}): LogRow => ({
  id,
  at: 0,
  level: "info",
  event: "auth.refused",
  fields: { address: "1.2.3.4" },
  ...more,
});

describe("the log in the page", () => {
  it("has each line once and in order, however it came", () => {
    expect(withRows([row(3), row(4)], [row(4), row(1), row(5)]).map(({ id }) => id)).toEqual([1, 3, 4, 5]);
    expect(
      withRows(
        [],
        Array.from({ length: 2_500 }, (_, id) => row(id)),
      )[0]?.id,
    ).toBe(500);
  });

  it("is filtered as the server filters", () => {
    const all = { level: "debug", event: "", search: "" } as const;
    expect(fits(row(1), all)).toBe(true);
    expect(fits(row(1), { ...all, level: "warn" })).toBe(false);
    expect(fits(row(1, { level: "error" }), { ...all, level: "warn" })).toBe(true);
    expect(fits(row(1), { ...all, event: "auth." })).toBe(true);
    expect(fits(row(1), { ...all, event: "refused" })).toBe(false);
    expect(fits(row(1), { ...all, search: "1.2.3" })).toBe(true);
    expect(fits(row(1, { message: "It Broke" }), { ...all, search: "it broke" })).toBe(true);
  });

  it("is copied as one line each", () => {
    expect(lineText(row(1, { message: "why" }))).toBe("1970-01-01T00:00:00.000Z info  auth.refused why address=1.2.3.4");
  });
});
