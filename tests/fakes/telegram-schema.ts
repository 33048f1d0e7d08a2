/**
 * What went over the wire, held against grammY's types of the Bot API: the recorded payloads become literals of those types and
 * TypeScript itself compiles them. Both sides are checked: updates and results of the fake, parameters of the product.
 */

import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { TelegramCall } from "./telegram-methods.ts";

const folder = fileURLToPath(new URL("../", import.meta.url));
const fileName = `${folder}telegram-payloads.ts`;

const head = `import type { ApiMethods, Update } from "@grammyjs/types";
interface Upload { name: string; type: string; size: number }
type Methods = ApiMethods<Upload>;
type Params<Name extends keyof Methods> = NonNullable<Parameters<Methods[Name]>[0]>;
type Result<Name extends keyof Methods> = ReturnType<Methods[Name]>;
`;

const wellFormed = new Set<string>();

/** One sentence for each payload that does not have its type; payloads of one shape are looked at once in a process. */
export function schemaFaults(fake: { calls: readonly TelegramCall[]; sent: readonly object[] }): string[] {
  const lines = new Map<string, string>();
  const add = (type: string, value: unknown) => {
    const key = `${type} ${shapeOf(value)}`;
    if (!lines.has(key) && !wellFormed.has(key)) lines.set(key, `export const p${lines.size}: ${type} = ${literalOf(value)};`);
  };
  for (const update of fake.sent) add("Update", update);
  for (const { method, params, outcome, result } of fake.calls) {
    // Without an outcome it is still being answered, and what was refused has no result.
    if (Object.keys(params).length > 0) add(`Params<${JSON.stringify(method)}>`, params);
    // Updates stand under what was sent.
    if (outcome === "ok" && result !== undefined && method !== "getUpdates") add(`Result<${JSON.stringify(method)}>`, result);
  }
  if (lines.size === 0) return [];
  const complaints = complaintsOf(head + [...lines.values()].join("\n"));
  if (complaints.length === 0) for (const key of lines.keys()) wellFormed.add(key);
  return complaints;
}

function complaintsOf(text: string): string[] {
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ["lib.es5.d.ts"] },
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === fileName ? ts.createSourceFile(name, text, ts.ScriptTarget.ESNext) : getSourceFile(name, ...rest);
  const program = ts.createProgram([fileName], options, host);
  const source = program.getSourceFile(fileName);
  const found = [
    ...program.getOptionsDiagnostics(),
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ];
  return found.map(({ messageText, start }) => {
    const at = start === undefined ? "" : (text.slice(text.lastIndexOf("\n", start) + 1).split("\n")[0] ?? "");
    return `${ts.flattenDiagnosticMessageText(messageText, " ")} | ${at.slice(0, 600)}`;
  });
}

const absent = "\u0000absent";

/** grammY says of a message that is answered that it has no such field by the type `undefined`, which JSON does not have. */
function literalOf(value: unknown): string {
  const text = JSON.stringify(value, (key, own: unknown) =>
    key === "reply_to_message" && own !== absent ? { ...(own as object), reply_to_message: absent } : own,
  );
  return text.replaceAll(JSON.stringify(absent), "undefined");
}

/** The same for values of the same types under the same names. Short texts count: many are one of a few words. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].join()}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, own]) => `${key}:${key === "type" ? JSON.stringify(own) : shapeOf(own)}`)
      .join()}}`;
  return typeof value === "boolean" ? String(value) : typeof value;
}
