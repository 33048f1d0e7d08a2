/**
 * Judges a value by the protocol's published JSON schema. Keys that the schema does not know are told apart from wrong and
 * missing ones: additions are ours to make, the rest breaks a client. A keyword it does not know throws.
 */

export interface Schema {
  [keyword: string]: unknown;
}

export interface Verdict {
  /** Wrong or missing: `at /path: what`. */
  errors: string[];
  /** Keys beyond the schema, as paths; array indices are `*`. */
  extras: string[];
}

type Judge = (value: unknown, schema: Schema, path: string) => Verdict;

const good: Verdict = { errors: [], extras: [] };
const bad = (path: string, what: string): Verdict => ({ errors: [`at ${path || "/"}: ${what}`], extras: [] });
const merge = (verdicts: Verdict[]): Verdict => ({
  errors: verdicts.flatMap(({ errors }) => errors),
  extras: verdicts.flatMap(({ extras }) => extras),
});
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function judge(value: unknown, schema: Schema, path = ""): Verdict {
  const verdicts = Object.keys(schema).map((keyword) => {
    const rule = rules[keyword];
    if (!rule) throw new Error(`the schema uses "${keyword}", which is not judged`);
    return rule(value, schema, path);
  });
  return merge(verdicts);
}

const ignored: Judge = () => good;

const rules: Record<string, Judge> = {
  type: (value, { type }, path) =>
    [type].flat().some((one) => hasType(value, one as string)) ? good : bad(path, `is not ${String(type)}`),
  const: (value, schema, path) => (value === schema.const ? good : bad(path, `is not ${JSON.stringify(schema.const)}`)),
  enum: (value, schema, path) =>
    (schema.enum as unknown[]).includes(value) ? good : bad(path, `is none of ${JSON.stringify(schema.enum)}`),
  pattern: (value, { pattern }, path) =>
    typeof value !== "string" || new RegExp(pattern as string, "u").test(value)
      ? good
      : bad(path, `does not match ${String(pattern)}`),
  minLength: (value, { minLength }, path) =>
    typeof value !== "string" || value.length >= (minLength as number) ? good : bad(path, "is too short"),
  maxLength: (value, { maxLength }, path) =>
    typeof value !== "string" || value.length <= (maxLength as number) ? good : bad(path, "is too long"),
  minimum: (value, { minimum }, path) =>
    typeof value !== "number" || value >= (minimum as number) ? good : bad(path, "is too small"),
  maximum: (value, { maximum }, path) =>
    typeof value !== "number" || value <= (maximum as number) ? good : bad(path, "is too large"),
  minItems: (value, { minItems }, path) =>
    !Array.isArray(value) || value.length >= (minItems as number) ? good : bad(path, "has too few items"),
  maxItems: (value, { maxItems }, path) =>
    !Array.isArray(value) || value.length <= (maxItems as number) ? good : bad(path, "has too many items"),
  items: (value, { items }, path) =>
    Array.isArray(value) ? merge(value.map((item) => judge(item, items as Schema, `${path}/*`))) : good,
  anyOf: (value, { anyOf }, path) => bestOf(value, anyOf as Schema[], path),
  oneOf: (value, { oneOf }, path) => bestOf(value, oneOf as Schema[], path),
  allOf: (value, { allOf }, path) => merge((allOf as Schema[]).map((one) => judge(value, one, path))),
  required: (value, { required }, path) =>
    isRecord(value)
      ? merge((required as string[]).filter((key) => value[key] === undefined).map((key) => bad(path, `misses ${key}`)))
      : good,
  properties: (value, { properties }, path) => {
    if (!isRecord(value)) return good;
    const known = Object.entries(properties as Record<string, Schema>).filter(([key]) => value[key] !== undefined);
    return merge(known.map(([key, schema]) => judge(value[key], schema, `${path}/${key}`)));
  },
  additionalProperties: (value, schema, path) => {
    if (!isRecord(value) || schema.additionalProperties !== false) return good;
    const patterns = Object.keys((schema.patternProperties as object | undefined) ?? {}).map(
      (pattern) => new RegExp(pattern, "u"),
    );
    const known = new Set(Object.keys((schema.properties as object | undefined) ?? {}));
    const extras = Object.keys(value).filter((key) => !known.has(key) && !patterns.some((pattern) => pattern.test(key)));
    return { errors: [], extras: extras.map((key) => `${path}/${key}`) };
  },
  patternProperties: ignored,
  description: ignored,
  default: ignored,
  deprecated: ignored,
  discriminator: ignored,
  format: ignored,
  uniqueItems: ignored,
  "x-openclaw-since": ignored,
};

/** The alternative that fits; else the one that complains least. */
function bestOf(value: unknown, alternatives: Schema[], path: string): Verdict {
  const verdicts = alternatives.map((one) => judge(value, one, path));
  verdicts.sort((a, b) => a.errors.length - b.errors.length || a.extras.length - b.extras.length);
  return verdicts[0] ?? good;
}

function hasType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isRecord(value);
  if (type === "null") return value === null;
  return typeof value === type;
}
