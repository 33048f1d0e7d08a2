/**
 * Random logs through the request compiler and the real SDKs: no unpaired tool call, in any dialect.
 * `FUZZ=full` takes a million for each, `FUZZ_LOGS` any number, `FUZZ_SEED` the first seed.
 */

import { describe, expect, test } from "vitest";
import { compile } from "../../packages/worker/src/agent/compile.ts";
import type { LogEntry } from "../../packages/worker/src/agent/log-entry.ts";
import { promptFaults } from "./check-prompt.ts";
import { bodyMaker, chatVariants, fuzzDialects } from "./dialects.ts";
import { blobs, randomLog } from "./random-log.ts";

const logs = Number(process.env.FUZZ_LOGS ?? (process.env.FUZZ === "full" ? 1_000_000 : 2_000));
const firstSeed = Number(process.env.FUZZ_SEED ?? 1);

describe.each([...fuzzDialects, ...chatVariants])("$name", (dialect) => {
  test(`${logs} random logs keep every rule`, { timeout: 3_600_000 }, async () => {
    const bodyOf = await bodyMaker(dialect);
    const input = dialect.pictures ? (["text", "image"] as ("text" | "image")[]) : (["text"] as ("text" | "image")[]);
    for (let seed = firstSeed; seed < firstSeed + logs; seed += 1) {
      const entries = randomLog(seed);
      const prompt = compile({
        entries,
        system: "You are a test.",
        model: { provider: dialect.provider.id, id: dialect.model, input },
        blobs,
      });
      const faults = [...promptFaults(prompt, dialect.provider.id), ...dialect.faults(await bodyOf(prompt))];
      if (faults.length > 0)
        expect.fail(`seed ${seed}: ${faults.join("; ")}\n${JSON.stringify(entries)}\n${JSON.stringify(prompt)}`);
    }
  });
});

describe("the rules themselves", () => {
  const call = { type: "toolCall" as const, id: "call_1", name: "bash", arguments: {} };
  const answer: LogEntry = { role: "assistant", content: [call], provider: "groq", model: "m", stopReason: "toolUse" };
  const base = { system: "", model: { provider: "groq", id: "m", input: ["text"] as "text"[] }, blobs };

  test("see a call without its result, in the prompt and in every body", async () => {
    const prompt = compile({ ...base, entries: [{ role: "user", content: [{ type: "text", text: "go" }] }, answer] });
    expect(promptFaults(prompt, "groq")).toEqual([]);
    const broken = prompt.filter((message) => message.role !== "tool");
    expect(promptFaults(broken, "groq")).not.toEqual([]);
    for (const dialect of [...fuzzDialects, ...chatVariants]) {
      const bodyOf = await bodyMaker(dialect);
      expect(dialect.faults(await bodyOf(prompt)), dialect.name).toEqual([]);
      expect(dialect.faults(await bodyOf(broken)), dialect.name).not.toEqual([]);
    }
  });

  test("see a result without its call", async () => {
    const prompt = compile({ ...base, entries: [{ role: "user", content: [{ type: "text", text: "go" }] }, answer] });
    const broken = prompt.filter((message) => message.role !== "assistant");
    expect(promptFaults(broken, "groq")).not.toEqual([]);
    for (const dialect of fuzzDialects) {
      const bodyOf = await bodyMaker(dialect);
      expect(dialect.faults(await bodyOf(broken)), dialect.name).not.toEqual([]);
    }
  });

  test("random logs are the hard ones: most hold a call or result that has lost its other half", () => {
    const hard = Array.from({ length: 1_000 }, (_, seed) => randomLog(seed + 1)).filter((log) => {
      const calls = log.flatMap((entry) =>
        entry.role === "assistant" ? entry.content.filter((part) => part.type === "toolCall") : [],
      );
      return calls.length !== log.filter((entry) => entry.role === "toolResult").length;
    });
    expect(hard.length).toBeGreaterThan(500);
  });
});
