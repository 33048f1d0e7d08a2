/** What a change of settings would store, checked whole before anything is written. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Database } from "../storage/database.ts";
import { hasUnsafeKey, isJsonObject, type Json, type JsonObject, leaves, mergePatch } from "./merge.ts";
import type { AnySection } from "./section.ts";
import { type ConfigIssue, readStored } from "./stored.ts";

/** The sparse sections as they would be stored; throws CONFIG_INVALID with every issue. Sections that stay as they are, are left out. */
export function planPatch(
  byName: ReadonlyMap<string, AnySection>,
  storedOf: (name: string) => JsonObject,
  merge: Record<string, unknown>,
): Map<string, JsonObject> {
  const next = new Map<string, JsonObject>();
  const issues: ConfigIssue[] = [];
  for (const [name, patch] of Object.entries(merge)) {
    const section = byName.get(name);
    if (!section) issues.push(unknownSection(byName, name));
    else if (patch !== null && !isJsonObject(patch)) issues.push({ path: name, message: "must be an object" });
    else if (hasUnsafeKey(patch)) issues.push({ path: name, message: "contains a key that is not allowed" });
    else {
      const stored = patch === null ? {} : (mergePatch(storedOf(name), patch) as JsonObject);
      const found = readStored(section, stored);
      // A key that a newer version wrote may stay; one that is typed now is a mistake.
      const typedUnknown = found.warnings.filter(({ path }) => typedLeaf(patch, path.slice(name.length + 1)));
      issues.push(...found.issues, ...typedUnknown.map(({ path }) => ({ path, message: "unknown setting" })));
      if (!sameJson(stored, storedOf(name))) next.set(name, stored);
    }
  }
  refuse(issues);
  return next;
}

/** The section as it would be stored; nothing when that is what is stored. Throws CONFIG_INVALID with every issue. */
export function planReplace(
  byName: ReadonlyMap<string, AnySection>,
  storedOf: (name: string) => JsonObject,
  name: string,
  stored: JsonObject,
): Map<string, JsonObject> {
  const section = byName.get(name);
  if (!section) refuse([unknownSection(byName, name)]);
  else if (hasUnsafeKey(stored)) refuse([{ path: name, message: "contains a key that is not allowed" }]);
  else refuse(readStored(section, stored).issues);
  return new Map(sameJson(stored, storedOf(name)) ? [] : [[name, stored]]);
}

function refuse(issues: ConfigIssue[]): void {
  const [first] = issues;
  if (first) throw new MoltError("CONFIG_INVALID", { message: `${first.path}: ${first.message}`, details: { issues } });
}

const unknownSection = (byName: ReadonlyMap<string, AnySection>, name: string): ConfigIssue => ({
  path: name,
  message: `there is no section of this name; known are ${[...byName.keys()].join(", ")}`,
});

const sameJson = (one: Json, other: Json) => JSON.stringify(one) === JSON.stringify(other);

/** Whether a patch sets what stands at a dotted path. Keys may hold dots, so paths are compared as text. */
function typedLeaf(patch: Json | undefined, path: string): boolean {
  const below = (one: string, other: string) => `${one}.`.startsWith(`${other}.`);
  const typed = leaves(patch ?? {}).map((leaf) => leaf.path.join("."));
  return typed.some((leaf) => below(leaf, path) || below(path, leaf));
}

/** What a person typed is theirs: later values of the environment no longer replace it. */
export function releaseSeeds(db: Database, section: string, patch: Json): void {
  if (patch === null) {
    db.run("UPDATE config_seeds SET stands = 0 WHERE path LIKE ?", `["${section}",%`);
    return;
  }
  for (const { path } of leaves(patch)) {
    const own = JSON.stringify([section, ...path]);
    db.run(
      "UPDATE config_seeds SET stands = 0 WHERE path = ? OR substr(path, 1, ?) = ?",
      own,
      own.length,
      `${own.slice(0, -1)},`,
    );
  }
}
