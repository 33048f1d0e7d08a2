/** Every section, whoever wrote it, can be shown and changed in a form. */

import { describe, expect, test } from "vitest";
import { describeSections } from "../config/describe.ts";
import { isJsonObject, type Json, type JsonObject } from "../config/merge.ts";
import { sections } from "./sections.ts";

const { schema } = describeSections(sections);

function properties(node: Json | undefined, path: string): [path: string, schema: JsonObject][] {
  if (!isJsonObject(node)) return [];
  const own = isJsonObject(node.properties) ? Object.entries(node.properties) : [];
  return [
    ...own.flatMap(([key, child]): [string, JsonObject][] =>
      isJsonObject(child) ? [[`${path}.${key}`, child], ...properties(child, `${path}.${key}`)] : [],
    ),
    ...properties(node.additionalProperties, `${path}.*`),
    ...properties(node.items, `${path}[]`),
  ];
}

describe.each(sections)("section $name", (section) => {
  const node = (schema.properties as JsonObject)[section.name] as JsonObject;
  const fields = properties(node, section.name);

  test("is valid as it comes", () => expect(section.schema.safeParse(section.defaults).success).toBe(true));

  test("says in words what it and each of its settings is: that is what the form shows", () => {
    expect([typeof node.title, typeof node.description]).toEqual(["string", "string"]);
    const named = fields.filter(([path]) => !path.endsWith("[]") && !path.endsWith("*"));
    expect(named.filter(([, field]) => typeof field.description !== "string").map(([path]) => path)).toEqual([]);
  });

  test("holds no secret: those are kept apart and never read back", () => {
    const secret = /secret|password|passphrase|private_?key|api_?key|(bot|app|access|auth|gateway|refresh)_?token/i;
    expect(fields.map(([path]) => path).filter((path) => secret.test(path.slice(path.lastIndexOf(".") + 1)))).toEqual([]);
  });

  test("has no setting whose null is not its default: a patch's null means the default", () => {
    const odd = fields.filter(([, field]) => {
      const nullable = Array.isArray(field.anyOf) && field.anyOf.some((one) => isJsonObject(one) && one.type === "null");
      return nullable && field.default !== undefined && field.default !== null;
    });
    expect(odd.map(([path]) => path)).toEqual([]);
  });
});
