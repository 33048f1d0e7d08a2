import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type SecurityRow, securityRows } from "../../e2e/security-rows.ts";

/** `npx vitest run --project unit tests/unit/house/security-rows.test.ts -u` writes the page anew. */
test("docs/security.md says what the table says", async () => {
  await expect(page()).toMatchFileSnapshot("../../../docs/security.md");
});

test("34 rows, each shown by a test that exists, or with the reason why not yet", () => {
  expect(securityRows).toHaveLength(34);
  expect(new Set(securityRows.map(({ id }) => id)).size).toBe(34);
  for (const { id, here, shown = [], notYet } of securityRows) {
    expect([id, here === true || shown.length > 0 || notYet !== undefined]).toEqual([id, true]);
    for (const [file, title] of shown) {
      const path = fileURLToPath(new URL(`../../../${file}`, import.meta.url));
      expect([file, existsSync(path) && readFileSync(path, "utf8").includes(title)]).toEqual([file, true]);
    }
  }
});

function page(): string {
  const open = securityRows.filter(({ notYet }) => notYet !== undefined);
  return [
    "# Security",
    "",
    "What went wrong in assistants like this one, what is promised here, and what shows it. This page is written from",
    "`tests/e2e/security-rows.ts`; the tests named here run with `npm test`. Who gets in, and how: [access.md](access.md).",
    "",
    `${securityRows.length - open.length} of ${securityRows.length} rows are shown; the others wait for their part, and say so.`,
    "",
    "| what went wrong elsewhere | here | shown by |",
    "|---|---|---|",
    ...securityRows.map((row) => `| ${row.was} (${row.seen}) | ${row.rule} | ${shownBy(row)} |`),
    "",
    "## Reporting",
    "",
    "Found a way in? Please tell the maintainers in private before you tell the world, with the steps that show it.",
    "",
  ].join("\n");
}

function shownBy({ id, here, shown = [], notYet }: SecurityRow): string {
  const places = [...(here ? [`\`tests/e2e/security.test.ts\` (${id})`] : []), ...new Set(shown.map(([file]) => `\`${file}\``))];
  return [...(notYet ? [`**not yet:** ${notYet}`] : []), ...places].join(", ");
}
