/**
 * What a form needs to know of a JSON Schema, as pure functions: which control fits, what is wrong with a value, what a new
 * entry looks like, and the merge patch that leads from the saved settings to those on the screen.
 */

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
}

export type Control = "choice" | "switch" | "number" | "text" | "lines" | "items" | "group" | "record" | "json";

/** The schema without its "or null", and whether it had one. */
export function unwrapped(schema: Schema): { schema: Schema; nullable: boolean } {
  const variants = schema.anyOf ?? schema.oneOf;
  const others = variants?.filter((variant) => variant.type !== "null");
  const [only] = others ?? [];
  if (!variants || others?.length !== 1 || !only)
    return { schema, nullable: others !== undefined && others.length < (variants?.length ?? 0) };
  const { anyOf: _any, oneOf: _one, ...own } = schema;
  return { schema: { ...only, ...own }, nullable: others.length < variants.length };
}

/** What a person changes a value of this schema with. Whatever has no control of its own is written as JSON. */
export function controlOf(schema: Schema): Control {
  if (choicesOf(schema)) return "choice";
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "integer":
    case "number":
      return "number";
    case "string":
      return "text";
    case "array":
      return itemControl(schema.items);
    case "object":
      if (schema.properties) return "group";
      return typeof schema.additionalProperties === "object" ? "record" : "json";
    default:
      return "json";
  }
}

function itemControl(items: Schema | undefined): Control {
  if (!items) return "json";
  if (items.type === "string" && !choicesOf(items)) return "lines";
  return controlOf(items) === "json" ? "json" : "items";
}

/** The values to choose from, when the schema names them. */
export function choicesOf(schema: Schema): unknown[] | undefined {
  if (schema.enum) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  const variants = schema.anyOf ?? schema.oneOf;
  if (!variants?.every((variant) => variant.const !== undefined)) return undefined;
  return variants.map((variant) => variant.const);
}

/** What may be typed, in words: "1 to 500, whole". */
export function boundsOf(schema: Schema): string {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const isBound = (value: number | undefined) => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (isBound(low) && isBound(high)) return `${low} to ${high}`;
  if (isBound(low)) return `${low} or more`;
  if (isBound(high)) return `at most ${high}`;
  return "";
}

/** Why a value cannot be saved, or undefined. The server knows more; this is what can be said while one types. */
export function problemOf(schema: Schema, value: unknown, required: boolean): string | undefined {
  const inner = unwrapped(schema);
  if (value === null && inner.nullable) return undefined;
  if (value === undefined || value === null) return required ? "This has to be set." : undefined;
  const bounds = boundsOf(inner.schema);
  if (typeof value === "number") return numberProblem(inner.schema, value, bounds);
  if (typeof value === "string") return textProblem(inner.schema, value);
  if (Array.isArray(value)) return listProblem(inner.schema, value);
  return undefined;
}

function numberProblem(schema: Schema, value: number, bounds: string): string | undefined {
  if (!Number.isFinite(value)) return "This is not a number.";
  if (schema.type === "integer" && !Number.isInteger(value))
    return `This has to be a whole number${bounds ? `, ${bounds}` : ""}.`;
  const tooLow =
    value < (schema.minimum ?? Number.NEGATIVE_INFINITY) || value <= (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY);
  const tooHigh =
    value > (schema.maximum ?? Number.POSITIVE_INFINITY) || value >= (schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY);
  return tooLow || tooHigh ? `Allowed is ${bounds}.` : undefined;
}

function textProblem(schema: Schema, value: string): string | undefined {
  if (value.length < (schema.minLength ?? 0))
    return value === "" ? "This has to be set." : `At least ${schema.minLength} characters.`;
  if (value.length > (schema.maxLength ?? Number.POSITIVE_INFINITY)) return `At most ${schema.maxLength} characters.`;
  if (schema.format === "uri" && !URL.canParse(value)) return "This is not a whole address, such as https://api.example.com/v1.";
  return undefined;
}

function listProblem(schema: Schema, value: unknown[]): string | undefined {
  if (value.length > (schema.maxItems ?? Number.POSITIVE_INFINITY)) return `At most ${schema.maxItems} entries.`;
  if (value.length < (schema.minItems ?? 0)) return `At least ${schema.minItems} entries.`;
  const { items } = schema;
  if (!items) return undefined;
  const bad = value.map((item) => (typeof item === "string" ? textProblem(items, item) : undefined)).findIndex(Boolean);
  return bad === -1 ? undefined : `Entry ${bad + 1}: ${textProblem(items, String(value[bad]))}`;
}

/** A first value for a new entry: what the schema calls its default, else the emptiest one that has its shape. */
export function emptyOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  const inner = unwrapped(schema);
  if (inner.nullable) return null;
  switch (controlOf(inner.schema)) {
    case "choice":
      return choicesOf(inner.schema)?.[0];
    case "switch":
      return false;
    case "number":
      return inner.schema.minimum ?? 0;
    case "text":
      return "";
    case "lines":
    case "items":
      return [];
    case "group": {
      const { properties = {}, required = [] } = inner.schema;
      return Object.fromEntries(required.map((key) => [key, emptyOf(properties[key] ?? {})]));
    }
    default:
      return {};
  }
}

/**
 * The merge patch from `saved` to `draft`, undefined when they are equal. Null stands for "the default": for what is gone
 * and for what was put back to it, so that a better default reaches this setting later.
 */
export function patchOf(saved: unknown, draft: unknown, schema: Schema | undefined): unknown {
  if (isSame(saved, draft)) return undefined;
  if (isObject(saved) && isObject(draft)) {
    const keys = [...new Set([...Object.keys(saved), ...Object.keys(draft)])];
    const parts = keys.flatMap((key): [string, unknown][] => {
      const patch = patchOf(saved[key], draft[key], childOf(schema, key));
      return patch === undefined ? [] : [[key, patch]];
    });
    return Object.fromEntries(parts);
  }
  return draft === undefined || isSame(draft, schema?.default) ? null : draft;
}

/** A patch of `patchOf` put on another state of the same settings. */
export function applied(value: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isObject(patch)) return patch === undefined ? value : patch;
  const out: Record<string, unknown> = isObject(value) ? { ...value } : {};
  for (const [key, part] of Object.entries(patch)) {
    const child = childOf(schema, key);
    if (part !== null) out[key] = applied(out[key], part, child);
    else if (child?.default !== undefined) out[key] = child.default;
    else delete out[key];
  }
  return out;
}

/** The dotted paths that a patch touches. */
export function pathsOf(patch: unknown, path: readonly string[] = []): string[] {
  if (!isObject(patch) || Object.keys(patch).length === 0) return patch === undefined ? [] : [path.join(".")];
  return Object.entries(patch).flatMap(([key, child]) => pathsOf(child, [...path, key]));
}

/** Every problem of a value, by dotted path. */
export function problemsOf(schema: Schema, value: unknown, path: string, required = true): Record<string, string> {
  const inner = unwrapped(schema).schema;
  const own = problemOf(schema, value, required);
  const found: Record<string, string> = own ? { [path]: own } : {};
  if (isObject(value)) {
    for (const key of new Set([...Object.keys(inner.properties ?? {}), ...Object.keys(value)])) {
      const child = childOf(inner, key);
      if (child) Object.assign(found, problemsOf(child, value[key], `${path}.${key}`, inner.required?.includes(key) ?? false));
    }
  }
  if (Array.isArray(value) && inner.items && controlOf(inner) === "items")
    for (const [index, item] of value.entries()) Object.assign(found, problemsOf(inner.items, item, `${path}.${index}`));
  return found;
}

export function childOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (!schema) return undefined;
  const { schema: inner } = unwrapped(schema);
  if (inner.properties && Object.hasOwn(inner.properties, key)) return inner.properties[key];
  return typeof inner.additionalProperties === "object" ? inner.additionalProperties : undefined;
}

/** A key as a label: "maxSteps" is "Max steps". */
export function labelOf(key: string, schema: Schema): string {
  if (schema.title) return schema.title;
  const words = key.replace(/([a-z0-9])([A-Z])/g, (_, left: string, right: string) => `${left} ${right.toLowerCase()}`);
  return (words.charAt(0).toUpperCase() + words.slice(1)).replaceAll(/[-_]/g, " ");
}

/** A value in a line of text. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null || value === "") return "not set";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value) && value.length === 0) return "none";
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Equal as JSON, whatever the order of keys. */
export function isSame(one: unknown, other: unknown): boolean {
  if (isObject(one) && isObject(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => isSame(one[key], other[key]));
  }
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  return one === other;
}
