import { describe, expect, test } from "vitest";
import { runPlanted } from "./planted.ts";

const biome = (files: Record<string, string>) =>
  runPlanted("@biomejs/biome/bin/biome", ["check", "--error-on-warnings"], ["biome.json", ".gitignore"], files);

describe("style", () => {
  const planted: [rule: string, text: string][] = [
    ["noFloatingPromises", "async function go(): Promise<void> {}\nexport function run(): void {\n  go();\n}\n"],
    ["noExplicitAny", "export const value: any = 1;\n"],
    ["noDefaultExport", "export default 1;\n"],
    ["noEnum", "export enum Colour {\n  Red,\n}\n"],
    ["noBarrelFile", 'export * from "./other.ts";\n'],
    ["useImportType", 'import { Other } from "./other.ts";\n\nexport const value: Other = 1;\n'],
    ["useImportExtensions", 'import { other } from "./other";\n\nexport const value = other;\n'],
    ["noUnusedImports", 'import { other } from "./other.ts";\n'],
    ["noTsIgnore", "// @ts-ignore\nexport const value: string = 1;\n"],
    ["format", "export const value = 'single'\n"],
    ["organizeImports", 'import { z } from "./z.ts";\nimport { a } from "./a.ts";\n\nexport const value = [a, z];\n'],
  ];
  test.each(planted)("%s is refused", (rule, text) => {
    const other = "export type Other = number;\nexport const other = 1;\n";
    const { status, output } = biome({ "packages/x/src/value.ts": text, "packages/x/src/other.ts": other });
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });

  test("a clean file passes", () => {
    const { status, output } = biome({ "packages/x/src/value.ts": "export const value = 1;\n" });
    expect(output).toContain("No fixes applied");
    expect(status).toBe(0);
  });
});

describe("dead code", () => {
  const manifest = (extra: object) => JSON.stringify({ name: "planted", version: "1.0.0", type: "module", ...extra });
  const knip = (files: Record<string, string>) =>
    runPlanted("knip/bin/knip.js", ["--no-progress", "--no-config-hints"], ["knip.json"], {
      "package.json": manifest({ workspaces: ["packages/*"] }),
      "packages/worker/package.json": manifest({ name: "@moltworker/worker" }),
      "packages/worker/src/worker.ts": "export {};\n",
      ...files,
    });

  test("an unused file is found", () => {
    const { status, output } = knip({ "packages/worker/src/storage/forgotten.ts": "export const one = 1;\n" });
    expect(output).toMatch(/Unused files[\s\S]*forgotten\.ts/);
    expect(status).not.toBe(0);
  });

  test("an unused export is found", () => {
    const { output } = knip({
      "packages/worker/src/worker.ts": 'import { one } from "./one.ts";\n\nconsole.log(one);\n',
      "packages/worker/src/one.ts": "export const one = 1;\nexport const forgotten = 2;\n",
    });
    expect(output).toMatch(/Unused exports[\s\S]*forgotten/);
  });

  test("an unused dependency is found", () => {
    const { output } = knip({
      "packages/worker/package.json": manifest({ name: "@moltworker/worker", dependencies: { hono: "4.13.19" } }),
    });
    expect(output).toMatch(/Unused dependencies[\s\S]*hono/);
  });
});

describe("types", () => {
  test("a wrong type is refused", () => {
    const { status, output } = runPlanted("ts7/bin/tsc", ["-p", "."], ["tsconfig.base.json"], {
      "tsconfig.json": '{ "extends": "./tsconfig.base.json", "include": ["src"] }',
      "src/value.ts": 'const list: string[] = ["one"];\nexport const first: string = list[0];\n',
    });
    expect(output).toContain("TS2322");
    expect(status).not.toBe(0);
  });
});
