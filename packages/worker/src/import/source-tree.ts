/** What is imported from: files by path, wherever they came from. Read-only. */

export interface SourceTree {
  /** Sorted by path. */
  list(): { path: string; sizeBytes: number }[];
  read(path: string): Uint8Array | undefined;
}

/** Text of a file; undefined when it is not there. A byte that is no UTF-8 becomes U+FFFD. */
export function readText(tree: SourceTree, path: string): string | undefined {
  const bytes = tree.read(path);
  return bytes && new TextDecoder().decode(bytes);
}

/** A JSON file as an object; undefined when it is not there or is none. */
export function readObject(tree: SourceTree, path: string): Record<string, unknown> | undefined {
  const text = readText(tree, path);
  if (text === undefined) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

/** Those of the values that are objects. */
export function objectsIn(values: readonly unknown[]): Record<string, unknown>[] {
  return values.map(asObject).filter((value) => value !== undefined);
}

export const asText = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
