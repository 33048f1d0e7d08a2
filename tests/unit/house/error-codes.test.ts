import { closeReason, type ErrorCode, type ErrorRow, errorTable, MoltError } from "@moltworker/protocol/errors";
import { expect, test } from "vitest";

/** `npx vitest run --project unit tests/unit/house/error-codes.test.ts -u` writes the page anew. */
test("docs/error-codes.md says what the table says", async () => {
  await expect(page()).toMatchFileSnapshot("../../../docs/error-codes.md");
});

test.each(Object.entries(errorTable) as [ErrorCode, ErrorRow][])(
  "%s is whole: cause, cure, numbers, a reason that fits a close frame",
  (code, row) => {
    for (const text of [row.cause, row.cure]) expect(text).toMatch(/\S{2,}/);
    expect(row.http >= 400 && row.http < 600).toBe(true);
    // What a server may send: the protocol's own codes but the reserved ones, and its own.
    expect((row.close >= 1000 && row.close <= 1013 && ![1004, 1005, 1006].includes(row.close)) || row.close >= 4000).toBe(true);
    expect(row.exit > 0 && row.exit < 126).toBe(true);
    const bytes = (error: MoltError) => new TextEncoder().encode(closeReason(error)).length;
    expect(bytes(new MoltError(code))).toBeLessThanOrEqual(123);
    expect(closeReason(new MoltError(code))).toBe(row.cause);
    expect(bytes(new MoltError(code, { message: "🦞é".repeat(200) }))).toBeLessThanOrEqual(123);
    expect(page()).toContain(`<a id="${code.toLowerCase()}"></a>`);
  },
);

test("exit codes are unique", () => {
  const exits = Object.values(errorTable).map((row) => row.exit);
  expect(new Set(exits).size).toBe(exits.length);
});

function page(): string {
  const rows = (Object.entries(errorTable) as [ErrorCode, ErrorRow][]).map(
    ([code, row]) =>
      `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${row.cause} | ${row.cure} | ${row.http} | ${row.close} | ${row.exit} | ${row.retryable ? "yes" : "no"} |`,
  );
  return [
    "# Error codes",
    "",
    "Every refusal carries one of these codes, wherever it appears: in `error.details.code` of a frame or an HTTP body, in the UI, and",
    "as the exit code of `moltworker`. Often the sentence is more exact than the one here. Each has an anchor of its name in small letters:",
    "[error-codes.md#auth_token_missing](#auth_token_missing).",
    "",
    "| code | cause | cure | HTTP | close | exit | try again by itself |",
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
