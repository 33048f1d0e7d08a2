import { describe, expect, test } from "vitest";
import { runPlanted } from "./planted.ts";

const worker = "packages/worker/src";

function cruise(files: Record<string, string>): { status: number | null; output: string } {
  return runPlanted(
    "dependency-cruiser/bin/dependency-cruiser.mjs",
    ["--config", ".dependency-cruiser.mjs", "packages"],
    [".dependency-cruiser.mjs"],
    files,
  );
}

/** `from` imports `to` by a relative path. */
function importing(from: string, to: string, how = "import"): Record<string, string> {
  const up = "../".repeat(from.split("/").length - 1);
  return {
    [from]: `${how} { one } from "${up}${to}";\nexport const two = ${how === "import" ? "one" : "2"};\n`,
    [to]: "export const one = 1;\n",
  };
}

describe("import rules", () => {
  const forbidden: [rule: string, from: string, to: string][] = [
    ["downward", `${worker}/platform/clock.ts`, `${worker}/storage/database.ts`],
    ["downward", `${worker}/storage/database.ts`, `${worker}/sessions/inbox.ts`],
    ["downward", `${worker}/agent/loop.ts`, `${worker}/runs/runner.ts`],
    ["downward", `${worker}/sessions/inbox.ts`, `${worker}/rpc/hub.ts`],
    ["downward", `${worker}/runs/runner.ts`, `${worker}/ai-gateway/gateway.ts`],
    ["downward", `${worker}/rpc/dispatch.ts`, `${worker}/methods/health.ts`],
    ["downward", `${worker}/ai-gateway/gateway.ts`, `${worker}/ai-gateway/providers/openai.ts`],
    ["downward", `${worker}/methods/health.ts`, `${worker}/catalog/methods.ts`],
    ["downward", `${worker}/catalog/methods.ts`, `${worker}/services.ts`],
    ["downward", `${worker}/services.ts`, `${worker}/assistant.ts`],
    ["sibling-methods", `${worker}/methods/chat.send.ts`, `${worker}/methods/chat.abort.ts`],
    ["sibling-tools", `${worker}/tools/read.ts`, `${worker}/tools/write.ts`],
    ["sibling-tools", `${worker}/tools/read.ts`, `${worker}/tools/bash/files.ts`],
    ["sibling-channels", `${worker}/channels/slack/slack.ts`, `${worker}/channels/telegram/telegram.ts`],
    ["sibling-ai-gateway-providers", `${worker}/ai-gateway/providers/openai.ts`, `${worker}/ai-gateway/providers/groq.ts`],
    ["package-ui", "packages/ui/src/main.ts", `${worker}/env.ts`],
    ["package-cli", "packages/cli/src/bin.ts", `${worker}/env.ts`],
    ["package-protocol", "packages/protocol/src/client.ts", "packages/cli/src/bin.ts"],
    ["package-worker", `${worker}/worker.ts`, "packages/ui/src/main.ts"],
    ["no-test-in-product", `${worker}/worker.ts`, "tests/fakes/provider.ts"],
  ];
  test.each(forbidden)("%s: %s must not import %s", (rule, from, to) => {
    const { status, output } = cruise(importing(from, to));
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });

  test("a type-only import counts", () => {
    const { output } = cruise(importing(`${worker}/platform/clock.ts`, `${worker}/storage/database.ts`, "import type"));
    expect(output).toContain("downward");
  });

  test.each(["cloudflare:workers", "node:fs"])("agent/ must not import %s", (module) => {
    const { status, output } = cruise({
      [`${worker}/agent/loop.ts`]: `import * as one from "${module}";\nexport const two = one;\n`,
    });
    expect(output).toContain("agent-is-pure");
    expect(status).not.toBe(0);
  });

  test("a cycle is refused, one of types too", () => {
    const { output } = cruise({
      [`${worker}/runs/a.ts`]: 'import type { B } from "./b.ts";\nexport type A = { b?: B };\n',
      [`${worker}/runs/b.ts`]: 'import type { A } from "./a.ts";\nexport type B = { a?: A };\n',
    });
    expect(output).toContain("no-cycle");
  });

  test("an import that leads nowhere is refused", () => {
    expect(cruise({ [`${worker}/runs/a.ts`]: 'import { b } from "./gone.ts";\nexport const a = b;\n' }).output).toContain(
      "unresolvable",
    );
  });

  test("what points downward is allowed", () => {
    const { status, output } = cruise({
      ...importing(`${worker}/worker.ts`, `${worker}/assistant.ts`),
      ...importing(`${worker}/catalog/tools.ts`, `${worker}/tools/read.ts`),
      ...importing(`${worker}/tools/bash.ts`, `${worker}/tools/bash/files.ts`),
      ...importing(`${worker}/methods/health.ts`, `${worker}/rpc/method.ts`),
      ...importing(`${worker}/runs/runner.ts`, `${worker}/agent/loop.ts`),
      ...importing("packages/ui/src/main.ts", "packages/protocol/src/client.ts"),
    });
    expect(output).toContain("no dependency violations");
    expect(status).toBe(0);
  });
});
