import { readdirSync, readFileSync } from "node:fs";
import type { Check } from "@moltworker/protocol/doctor";
import { expect, test } from "vitest";
import { outsideChecks } from "../../../packages/cli/src/doctor/checks.ts";

// By a name that TypeScript does not follow: the Worker's types and Node's do not live in one program.
const catalog: string = "../../../packages/worker/src/catalog/checks.ts";
const { checks } = (await import(catalog)) as { checks: readonly Check<unknown>[] };

/** `npx vitest run --project unit tests/unit/house/doctor.test.ts -u` writes the page anew. */
test("docs/doctor.md names every check", async () => {
  await expect(page()).toMatchFileSnapshot("../../../docs/doctor.md");
});

test("each check from outside is one file, one line in the list, under its own name", () => {
  const folder = new URL("../../../packages/cli/src/doctor/checks/", import.meta.url);
  const ids = readdirSync(folder).map((file) => /id: "([^"]+)"/.exec(readFileSync(new URL(file, folder), "utf8"))?.[1]);
  expect(readdirSync(folder).map((file) => file.replace(/\.ts$/, ""))).toEqual(ids);
  expect(outsideChecks.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

test("no two checks have one name", () => {
  const ids = [...outsideChecks, ...checks].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

function page(): string {
  return [
    "# The doctor",
    "",
    "`npx moltworker doctor` finds what is wrong and says what cures it: first on this machine and on the way to the assistant, then",
    "inside it. Each check has one verdict, its cause in one sentence and its cure; what follows from another fault is not named again.",
    "",
    "```sh",
    "npx moltworker doctor                                   # the assistant of ~/.moltworker, or of --data DIR",
    "npx moltworker doctor https://assistant.example         # one elsewhere, as far as anybody can see it",
    "npx moltworker doctor https://assistant.example --token-stdin < token-file",
    "```",
    "",
    "The token goes by standard input, never on the command line, and only once it is known that the assistant is what answers. Of an",
    "address nothing but its origin is used.",
    "",
    "| flag | what it does |",
    "|---|---|",
    "| `--probe` | asks each model provider with a real call, instead of telling what the last one said |",
    "| `--fix` | cures what is marked *yes* below; nothing can be lost by it |",
    "| `--json` | one JSON object a line: `check` for each, `doctor` with the sums, `error` when one failed |",
    "| `--port PORT` | while nothing runs: the port that would be used |",
    "",
    "The exit code is 0 when no check failed (warnings are allowed), else that of the first failed check's code",
    "([error-codes.md](error-codes.md)).",
    "",
    "Behind Cloudflare Access, make a service token, allow it by a policy with the action *Service Auth*, and set `CF_ACCESS_CLIENT_ID`",
    "and `CF_ACCESS_CLIENT_SECRET`; they are sent over https alone.",
    "",
    "## From outside",
    "",
    ...table(outsideChecks),
    "",
    "## Inside the assistant",
    "",
    "The same list stands in the UI under Admin, Health, and behind `doctor.run` and `doctor.fix` of the socket",
    "([protocol.md](protocol.md)).",
    "",
    ...table(checks),
    "",
  ].join("\n");
}

function table<Context>(list: readonly Check<Context>[]): string[] {
  const rows = list.map(({ id, title, about, fix }) => `| \`${id}\` | ${title} | ${about} | ${fix ? "yes" : ""} |`);
  return ["| check | title | all is well when | `--fix` |", "|---|---|---|---|", ...rows];
}
