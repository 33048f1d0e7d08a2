/** Variables that a source brings: its `.env`, the `env` block of its configuration, and `${NAME}` where a value should be. */

import type { Layout } from "./layout.ts";
import { asObject, asText, readText, type SourceTree } from "./source-tree.ts";

export type Variables = ReadonlyMap<string, string>;

export function variablesIn(tree: SourceTree, layout: Layout): Variables {
  const found = new Map<string, string>();
  for (const path of [`${layout.configFolder}.env`, ".env"])
    for (const [name, value] of linesOf(readText(tree, path) ?? "")) found.set(name, value);
  const block = asObject(layout.config.env) ?? {};
  for (const [name, value] of Object.entries({ ...block, ...asObject(block.vars) }))
    if (typeof value === "string" && /^[A-Z][A-Z0-9_]*$/.test(name)) found.set(name, value);
  return found;
}

/** The value behind a setting: itself, or what the variable that it names holds. Undefined when that is not in the source. */
export function resolved(value: unknown, variables: Variables): string | undefined {
  const reference = asObject(value);
  if (reference) return reference.source === "env" ? variables.get(String(reference.id ?? reference.name)) : undefined;
  const text = asText(value)?.trim();
  if (text === undefined || text === "__OPENCLAW_REDACTED__") return undefined;
  const name = /^\$\{([A-Z][A-Z0-9_]*)\}$/.exec(text)?.[1];
  return name === undefined ? text : variables.get(name);
}

function linesOf(text: string): [string, string][] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!match?.[1]) return [];
    const quoted = /^(["'])(.*)\1$/.exec(match[2] ?? "");
    const value = quoted ? (quoted[2] ?? "") : (match[2] ?? "").replace(/\s+#.*$/, "");
    return value === "" ? [] : [[match[1], value] as [string, string]];
  });
}
