/** A home on its way out and back: whole or not at all, databases included. */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it } from "vitest";
import { createHome } from "../../../images/moltbot/server/home.mjs";

interface Line {
  type: string;
  sha?: string;
  data?: string;
  files?: { path: string; parts?: unknown[] }[];
  mark?: string;
}

const folders: string[] = [];
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "home-test-"));
  folders.push(path);
  return path;
};
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});
async function* given(lines: Line[]) {
  yield* lines;
}
const write = (root: string, path: string, content: string | Buffer) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
async function begun(root: string) {
  const home = createHome({ root });
  await home.restore(given([{ type: "empty" }]));
  return home;
}
async function saved(home: { save(about: object): AsyncIterable<Line> }, about = {}): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of home.save({ have: new Set(), last: "", ...about })) lines.push(line);
  return lines;
}
/** As the assistant sends it back: the list first. */
const back = (lines: Line[]) => [
  ...lines.filter(({ type }) => type === "manifest"),
  ...lines.filter(({ type }) => type === "chunk"),
];

it("comes back as it was, with rights, links, large files and a database that is being written", async () => {
  const root = folder();
  const home = await begun(root);
  write(root, ".openclaw/openclaw.json", "{}");
  write(root, ".openclaw/workspace/AGENTS.md", "# größe");
  write(root, ".openclaw/cache/x", "not kept");
  write(root, "big.bin", Buffer.alloc(3_500_000, 7));
  symlinkSync("big.bin", join(root, "link"));
  mkdirSync(join(root, ".openclaw/state"), { recursive: true });
  const database = new DatabaseSync(join(root, ".openclaw/state/openclaw.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('in the log alone')");
  const lines = await saved(home);
  database.exec("INSERT INTO t VALUES ('after')");
  database.close();

  const other = folder();
  expect(await createHome({ root: other }).restore(given(back(lines)))).toEqual({ files: 5 });
  expect(readFileSync(join(other, ".openclaw/workspace/AGENTS.md"), "utf8")).toBe("# größe");
  expect(readFileSync(join(other, "big.bin")).equals(Buffer.alloc(3_500_000, 7))).toBe(true);
  expect(readlinkSync(join(other, "link"))).toBe("big.bin");
  expect(lstatSync(join(other, ".openclaw/openclaw.json")).mode & 0o777).toBe(
    lstatSync(join(root, ".openclaw/openclaw.json")).mode & 0o777,
  );
  expect(existsSync(join(other, ".openclaw/cache"))).toBe(false);
  const copy = new DatabaseSync(join(other, ".openclaw/state/openclaw.sqlite"));
  expect(copy.prepare("SELECT a FROM t").all()).toEqual([{ a: "in the log alone" }]);
  copy.close();
});

it("comes back without the leases of who wrote it: they are gone, and the next would wait for them", async () => {
  const root = folder();
  const home = await begun(root);
  mkdirSync(join(root, ".openclaw/state"), { recursive: true });
  const database = new DatabaseSync(join(root, ".openclaw/state/openclaw.sqlite"));
  database.exec("CREATE TABLE state_leases (scope TEXT, owner TEXT); INSERT INTO state_leases VALUES ('gateway', 'gone')");
  const lines = await saved(home);
  database.close();
  const other = folder();
  await createHome({ root: other }).restore(given(back(lines)));
  const copy = new DatabaseSync(join(other, ".openclaw/state/openclaw.sqlite"));
  expect(copy.prepare("SELECT count(*) n FROM state_leases").get()).toEqual({ n: 0 });
  copy.close();
});

it("sends only what is new, and says when nothing is", async () => {
  const root = folder();
  const home = await begun(root);
  write(root, "a", Buffer.alloc(2_000_000, 1));
  const first = await saved(home);
  const { mark } = first.at(-1) as Line;
  expect(await saved(home, { last: mark })).toEqual([{ type: "same" }]);
  write(root, "b", "new");
  const have = new Set(first.flatMap(({ sha }) => sha ?? []));
  expect((await saved(home, { last: mark, have })).map(({ type }) => type)).toEqual(["chunk", "manifest"]);
});

it.each([
  ["a piece is missing", (lines: Line[]) => lines.slice(0, -1), /missing/],
  [
    "a piece is damaged",
    (lines: Line[]) =>
      lines.map((line) => (line.data ? { ...line, data: line.data.replace(/^./, (c) => (c === "A" ? "B" : "A")) } : line)),
    /damaged/,
  ],
  ["there is no list", (lines: Line[]) => lines.slice(1), /no list/],
  ["a file would stand outside", () => [{ type: "manifest", files: [{ path: "../x", parts: [] }] } as Line], /outside/],
])("is left untouched when %s", async (_, spoil, words) => {
  const root = folder();
  write(root, "a", "content");
  const source = await begun(root);
  const lines = back(await saved(source));
  const other = folder();
  write(other, "mine", "stays");
  const home = createHome({ root: other });
  await expect(home.restore(given(spoil(lines)))).rejects.toThrow(words);
  expect(readFileSync(join(other, "mine"), "utf8")).toBe("stays");
  expect(existsSync(join(other, "a"))).toBe(false);
  await expect(saved(home)).rejects.toThrow(/before the home was restored/);
});
