import { describe, expect, test } from "vitest";
import { findCatalogDrift } from "../../../scripts/checks/catalogs.ts";
import { findDeadNames } from "../../../scripts/checks/documents.ts";
import { findLoosePins, findRegistryTraces } from "../../../scripts/checks/pins.ts";
import { repositoryOf } from "../../../scripts/checks/repository.ts";
import { findOversized } from "../../../scripts/checks/sizes.ts";
import { findTraces } from "../../../scripts/checks/traces.ts";

const lines = (count: number, text = "  step();") => Array.from({ length: count }, () => text).join("\n");
const sizes = (text: string, file = "packages/worker/src/runs/runner.ts") =>
  findOversized(repositoryOf({ [file]: text })).map((finding) => finding.text);

describe("sizes", () => {
  test("a file of 401 lines is refused, one of 400 is not", () => {
    expect(sizes(lines(401, "// why"))).toEqual(["401 lines, the limit is 400"]);
    expect(sizes(lines(400, "// why"))).toEqual([]);
  });
  test("a function of 61 lines is refused, one of 60 is not", () => {
    expect(sizes(`function run() {\n${lines(59)}\n}`)).toEqual(["function of 61 own lines, the limit is 60"]);
    expect(sizes(`const run = () => {\n${lines(58)}\n};`)).toEqual([]);
  });
  test("functions inside a factory count for themselves", () => {
    const method = (name: string, length: number) => `${name}() {\n${lines(length)}\n},`;
    expect(sizes(`function create() {\nreturn {\n${method("a", 50)}\n${method("b", 50)}\n};\n}`)).toEqual([]);
    expect(sizes(`function create() {\nreturn {\n${method("a", 70)}\n};\n}`)).toEqual([
      "function of 72 own lines, the limit is 60",
    ]);
  });
  test("the file of a Durable Object may have 250 lines", () => {
    expect(sizes(`class Assistant extends DurableObject {}\n${lines(250, "// why")}`)).toEqual(["251 lines, the limit is 250"]);
  });
  test("generated files are free", () => {
    expect(sizes(lines(900, "// row"), "packages/worker/src/prices.generated.ts")).toEqual([]);
  });
});

describe("catalogs", () => {
  const source = "packages/worker/src";
  const method = (name: string) => `export const x = defineMethod<"${name}">({\n  name: "${name}",\n});\n`;
  const good = {
    [`${source}/catalog/methods.ts`]:
      'import { health } from "../methods/health.ts";\n\nexport const methods = [health] as const;\n',
    [`${source}/methods/health.ts`]: method("health"),
  };
  const drift = (files: Record<string, string>) =>
    findCatalogDrift(repositoryOf({ ...good, ...files })).map(({ file, text }) => `${file} ${text}`);

  test("list and folder that agree pass", () => expect(drift({})).toEqual([]));
  test("a file without its line is found", () => {
    expect(drift({ [`${source}/methods/status.ts`]: method("status") })).toEqual([
      `${source}/methods/status.ts is not in ${source}/catalog/methods.ts: add one line there`,
    ]);
  });
  test("an import that is not listed is found", () => {
    const catalog =
      'import { health } from "../methods/health.ts";\nimport { status } from "../methods/status.ts";\n\nexport const methods = [health];\n';
    expect(drift({ [`${source}/catalog/methods.ts`]: catalog, [`${source}/methods/status.ts`]: method("status") })[0]).toContain(
      "imports status and does not list it",
    );
  });
  test("an entry that is no file is found", () => {
    const catalog =
      'import { health } from "../methods/health.ts";\n\nconst other = health;\nexport const methods = [health, other];\n';
    expect(drift({ [`${source}/catalog/methods.ts`]: catalog })[0]).toContain("lists other");
  });
  test("a folder without a list is found", () => {
    expect(drift({ [`${source}/tools/read.ts`]: "export const read = 1;\n" })[0]).toContain("is in no list");
  });
  test("a method in a file of another name is found", () => {
    expect(drift({ [`${source}/methods/health.ts`]: method("status") })[0]).toContain("defines the method status");
  });
  test("tests, contracts and a leaf's own folder are no leaves", () => {
    const files = { "health.test.ts": "", "health.workerd.test.ts": "", "method.contract.ts": "", "health/parts.ts": "" };
    expect(drift(Object.fromEntries(Object.entries(files).map(([name, text]) => [`${source}/methods/${name}`, text])))).toEqual(
      [],
    );
  });
});

describe("pins", () => {
  const loose = (dependencies: object) => findLoosePins(repositoryOf({ "package.json": JSON.stringify({ dependencies }) }));
  test.each(["^1.2.3", "~1.2.3", "1.x", "*", "latest", ">=1", "github:a/b", "1.2"])("%s is refused", (version) =>
    expect(loose({ one: version })).toHaveLength(1),
  );
  test.each(["1.2.3", "5.20261023.2-beta"])("%s is exact", (version) => expect(loose({ one: version })).toEqual([]));
  test("a resolved URL in the lockfile is refused", () => {
    const lock = JSON.stringify({ "node_modules/one": { resolved: "https://registry.example/one.tgz" } }, null, 2);
    expect(findRegistryTraces(repositoryOf({ "package-lock.json": lock }))).toMatchObject([{ line: 3 }]);
    expect(findRegistryTraces(repositoryOf({ "package-lock.json": '{ "resolved": "packages/cli", "link": true }' }))).toEqual([]);
  });
  test("a registry in .npmrc is refused", () => {
    expect(findRegistryTraces(repositoryOf({ ".npmrc": "registry=https://npm.example\n" }))).toHaveLength(1);
    expect(findRegistryTraces(repositoryOf({ ".npmrc": "save-exact=true\n" }))).toEqual([]);
  });
});

describe("traces", () => {
  const traces = (text: string) => findTraces(repositoryOf({ "docs/page.md": text }));
  const planted = [
    ["/ho", "me/alice/notes.txt"],
    ["/Us", "ers/alice/notes.txt"],
    ["/ro", "ot/project/file"],
    ["C:\\Us", "ers\\alice"],
    ["https://npm.example/one/", "-/one-1.0.0.tgz"],
    ["sk-an", "t-abcdefghijklmnopqrstuvwxyz"],
    ["ghp", "_abcdefghijklmnopqrstuvwxyz0123456789"],
  ];
  test.each(planted)("%s%s is refused", (start, end) => expect(traces(`see ${start}${end} there`)).toHaveLength(1));
  test.each(["~/.moltworker", "https://example.com/home/page", "/home/user/workspace"])("%s is allowed", (text) =>
    expect(traces(`see ${text} there`)).toEqual([]),
  );
});

describe("documents", () => {
  const dead = (text: string, file = "README.md") =>
    findDeadNames(
      repositoryOf({
        [file]: text,
        "package.json": '{"scripts":{"start":"x","check":"x"}}',
        "docs/guide.md": "",
        "packages/cli/src/bin.ts": "",
      }),
    ).map((finding) => finding.text);
  test.each([
    ["`packages/cli/src/gone.ts`", "packages/cli/src/gone.ts"],
    ["[guide](docs/gone.md)", "docs/gone.md"],
    ['<img src="docs/gone.png">', "docs/gone.png"],
    ["`packages/gone/<name>.ts`", "packages/gone"],
    ["```text\npackages/cli/\n  src/       code\n  gone/      nothing\n```", "packages/cli/gone"],
    ["run `npm run gone`", "npm run gone"],
  ])("%s is found", (text, name) => expect(dead(text)).toEqual([expect.stringContaining(name)]));
  test("what exists passes", () => {
    expect(
      dead(
        "`packages/cli/src/bin.ts` `packages/cli/src/<verb>.ts` [guide](docs/guide.md#part) [site](https://example.com) `npm start` `npm run check`",
      ),
    ).toEqual([]);
  });
  test("a link is relative to its document", () =>
    expect(dead("[code](../packages/cli/src/bin.ts)", "docs/other.md")).toEqual([]));
});
