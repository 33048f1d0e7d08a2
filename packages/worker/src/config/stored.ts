/** From a stored row to a valid value. Never throws: what cannot be used is reported with its path. */

import type * as z from "zod";
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

/** The section's value: what is stored on its defaults, unknown keys left out; or the defaults alone, and why. */
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
  return { value: section.defaults, issues: toIssues(section.name, parsed.error), warnings };
}

function toIssues(section: string, error: z.ZodError): ConfigIssue[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: dotted(section, [...issue.path, key]), message: "unknown setting" }))
      : [{ path: dotted(section, issue.path), message: issue.message }],
  );
}

const dotted = (section: string, path: readonly PropertyKey[]) => [section, ...path.map(String)].join(".");
