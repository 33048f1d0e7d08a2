/** Plain-JSON arithmetic for settings: merge patch (RFC 7396), overlay on defaults, leaves by path. No input is changed. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 7396: null removes a key, an object merges, anything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const out = copy(isJsonObject(target) ? target : {});
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}

/** `over` on `base`; objects merge key by key, anything else (null included) replaces. */
export function overlay(base: Json, over: Json): Json {
  if (!isJsonObject(base) || !isJsonObject(over)) return over;
  const out = copy(base);
  for (const [key, value] of Object.entries(over)) out[key] = key in out ? overlay(out[key] as Json, value) : value;
  return out;
}

/** Every leaf (scalar, array or empty object) with its path. */
export function leaves(value: Json, path: readonly string[] = []): { path: readonly string[]; value: Json }[] {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let here: Json | undefined = value;
  for (const key of path) {
    if (!isJsonObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** A copy of `value` with `leaf` at `path`; what stands in the way becomes an object. */
export function withValueAt(value: Json | undefined, path: readonly string[], leaf: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const out = copy(isJsonObject(value) ? value : {});
  out[key] = withValueAt(out[key], rest, leaf);
  return out;
}

export function withoutKey(value: Json, path: readonly PropertyKey[], key: string): Json {
  if (Array.isArray(value)) return value.map((item, index) => (index === path[0] ? withoutKey(item, path.slice(1), key) : item));
  if (!isJsonObject(value)) return value;
  const out = copy(value);
  const [head, ...rest] = path;
  if (head === undefined) delete out[key];
  else if (Object.hasOwn(out, String(head))) out[String(head)] = withoutKey(out[String(head)] as Json, rest, key);
  return out;
}

/** Dotted paths of the leaves that differ, sorted. */
export function changedPaths(before: JsonObject, after: JsonObject): string[] {
  const paths = new Set<string>();
  for (const { path } of [...leaves(before), ...leaves(after)]) {
    const [old, now] = [valueAt(before, path), valueAt(after, path)];
    // An empty object that filled, or the reverse, is told by what stands in it.
    if (isJsonObject(old) && isJsonObject(now)) continue;
    if (JSON.stringify(old) !== JSON.stringify(now)) paths.add(path.join("."));
  }
  return [...paths].sort();
}

/** True when JSON carries a key that would reach a prototype. */
export function hasUnsafeKey(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnsafeKey);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, child]) => key === "__proto__" || hasUnsafeKey(child));
}

function copy(value: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value)) if (key !== "__proto__") out[key] = child;
  return out;
}
