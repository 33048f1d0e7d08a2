import { type ErrorCode, type ErrorRow, errorTable } from "@moltworker/protocol/errors";
import { expect, test } from "vitest";

/** `npx vitest run --project unit tests/unit/house/error-codes.test.ts -u` writes the page anew. */
test("docs/error-codes.md says what the table says", async () => {
  await expect(page()).toMatchFileSnapshot("../../../docs/error-codes.md");
});

test("exit codes are unique", () => {
  const exits = Object.values(errorTable).map((row) => row.exit);
  expect(new Set(exits).size).toBe(exits.length);
});

function page(): string {
  const rows = (Object.entries(errorTable) as [ErrorCode, ErrorRow][]).map(
    ([code, row]) =>
      `| \`${code}\` | ${row.cause} | ${row.cure} | ${row.http} | ${row.close} | ${row.exit} | ${row.retryable ? "yes" : "no"} |`,
  );
  return [
    "# Error codes",
    "",
    "Every refusal carries one of these codes, wherever it appears: in `error.details.code` of a frame or an HTTP body, in the UI, and",
    "as the exit code of `moltworker`. Often the sentence is more exact than the one here.",
    "",
    "| code | cause | cure | HTTP | close | exit | try again by itself |",
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
