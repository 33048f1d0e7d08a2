/** From a stored row to a valid value. Never throws: what cannot be used is reported with its path. */

import * as z from "zod";
import { isJsonObject, type Json, type JsonObject, overlay, withoutKey } from "./merge.ts";
import type { AnySection } from "./section.ts";

export interface ConfigIssue {
  path: string;
  message: string;
}

/** undefined when the text is not a JSON object; nothing stored is an empty one. */
export function parseStored(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The section's value: what is stored on its defaults, unknown keys left out. What is wrong inside an entry (an account, a
 * provider, a budget) leaves that entry out; what is wrong elsewhere leaves the defaults alone. Single settings never fall back
 * by themselves: next to one that does not hold, another may open more than its owner wanted.
 */
export function readStored(
  section: AnySection,
  stored: JsonObject | undefined,
): { value: unknown; issues: ConfigIssue[]; warnings: ConfigIssue[] } {
  if (!stored)
    return {
      value: section.defaults,
      issues: [{ path: section.name, message: "the stored value is not a JSON object" }],
      warnings: [],
    };
  const warnings: ConfigIssue[] = [];
  let candidate: Json = overlay(section.defaults as Json, stored);
  let parsed = section.schema.safeParse(candidate);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    if (issue.code !== "unrecognized_keys") continue;
    for (const key of issue.keys) {
      candidate = withoutKey(candidate, issue.path, key);
      warnings.push({ path: dotted(section.name, [...issue.path, key]), message: "unknown setting, ignored" });
    }
  }
  if (warnings.length > 0) parsed = section.schema.safeParse(candidate);
  if (parsed.success) return { value: parsed.data, issues: [], warnings };
  const rest = section.schema.safeParse(withoutBadEntries(section, candidate, parsed.error.issues));
  return { value: rest.success ? rest.data : section.defaults, issues: toIssues(section.name, parsed.error), warnings };
}

function withoutBadEntries(section: AnySection, candidate: Json, issues: readonly z.core.$ZodIssue[]): Json {
  let kept = candidate;
  for (const { path } of issues) {
    const entry = entryOf(section.schema, path);
    if (entry) kept = withoutKey(kept, entry.slice(0, -1), String(entry.at(-1)));
  }
  return kept;
}

/** The outermost entry of a record on the way to `path`; undefined where there is none. */
function entryOf(schema: z.ZodType, path: readonly PropertyKey[]): readonly PropertyKey[] | undefined {
  let at: unknown = schema;
  for (const [index, key] of path.entries()) {
    while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault) at = at.unwrap();
    if (at instanceof z.ZodRecord) return path.slice(0, index + 1);
    at = at instanceof z.ZodObject ? at.shape[String(key)] : undefined;
  }
  return undefined;
}

function toIssues(section: string, error: z.ZodError): ConfigIssue[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: dotted(section, [...issue.path, key]), message: "unknown setting" }))
      : [{ path: dotted(section, issue.path), message: issue.message }],
  );
}

const dotted = (section: string, path: readonly PropertyKey[]) => [section, ...path.map(String)].join(".");
