import { expect, it } from "vitest";
import { createTestWorkspace, createToolContext } from "../../../../../tests/support/tool-context.ts";
import type { Sandbox, SandboxResult } from "../../containers/sandbox/sandbox.ts";
import { inSandbox } from "./in-sandbox.ts";

const whole: SandboxResult = { text: "ok\n", exitCode: 0, signal: null, outputBytes: 3, generation: 2, changes: [], notes: [] };

async function told(result: Partial<SandboxResult>) {
  const sandbox = { hasNetwork: () => false, run: async () => ({ ...whole, ...result }) } as unknown as Sandbox;
  return inSandbox("make", createToolContext(createTestWorkspace(), { sandbox }));
}

it("tells what a command said, and in which generation", async () => {
  expect(await told({})).toMatchObject({ text: "ok\n[in the sandbox, generation 2]", meta: "exit 0 · in the sandbox" });
  expect((await told({})).isError).toBeUndefined();
});

it("is no success when what it changed could not be fetched", async () => {
  const { text, isError, changes } = await told({ unsaved: "the container ended" });
  expect([text, isError, changes]).toEqual([
    expect.stringMatching(/^ok\nit ran, and no file that it changed was saved: the container ended\./),
    true,
    [],
  ]);
});

it.each([
  [{ exitCode: null, signal: "SIGKILL" }, "it was ended by SIGKILL"],
  [
    { exitCode: null, signal: "SIGKILL", killed: "it ran longer than 600 seconds" },
    "it was ended because it ran longer than 600 seconds",
  ],
  [{ exitCode: 137, outOfMemory: true }, "the sandbox ran out of memory, and the largest process was ended\nexit code 137"],
])("says how it ended: %j", async (end, words) => {
  const { text, isError } = await told(end);
  expect([text, isError]).toEqual([`ok\n${words}\n[in the sandbox, generation 2]`, true]);
});
