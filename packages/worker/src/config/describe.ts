/**
 * The settings as JSON Schema, from the zod sections themselves: types, bounds, choices, words for people, defaults. A rule
 * that JSON Schema cannot say is left to the server, which checks every change whole.
 */

import type { ConfigHint } from "@moltworker/protocol/rows";
import * as z from "zod";
import { isJsonObject, type Json, type JsonObject } from "./merge.ts";
import type { AnySection } from "./section.ts";

export interface ConfigDescription {
  /** One object with a property per section. */
  schema: JsonObject;
  /** By dotted path. */
  uiHints: Record<string, ConfigHint>;
}

export function describeSections(sections: readonly AnySection[]): ConfigDescription {
  const properties: JsonObject = {};
  const uiHints: Record<string, ConfigHint> = {};
  for (const section of sections) {
    const { $schema: _, ...schema } = z.toJSONSchema(section.schema, { io: "input", unrepresentable: "any" }) as JsonObject & {
      $schema?: Json;
    };
    const described = withDefaults(schema, section.defaults as Json);
    properties[section.name] = described;
    addHints(uiHints, section.name, described);
  }
  return { schema: { type: "object", properties, additionalProperties: false }, uiHints };
}

/** The schema of one dotted path; undefined when nothing is there. */
export function schemaAt(schema: JsonObject, path: string): JsonObject | undefined {
  let here: Json | undefined = schema;
  for (const key of path === "." ? [] : path.split(".")) {
    if (!isJsonObject(here)) return undefined;
    const { properties, additionalProperties }: JsonObject = here;
    here = isJsonObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  }
  return isJsonObject(here) ? here : undefined;
}

/** A key for a person when its author gave no title: "maxSteps" is "Max steps". */
export function labelOf(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, (_, left: string, right: string) => `${left} ${right.toLowerCase()}`);
  return (words.charAt(0).toUpperCase() + words.slice(1)).replaceAll(/[-_]/g, " ");
}

function withDefaults(schema: JsonObject, value: Json | undefined): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties)) return value === undefined ? schema : { ...schema, default: value };
  const entries = Object.entries(properties).map(([key, child]) => {
    const own = isJsonObject(value) ? value[key] : undefined;
    return [key, isJsonObject(child) ? withDefaults(child, own) : child];
  });
  return { ...schema, properties: Object.fromEntries(entries) };
}

function addHints(hints: Record<string, ConfigHint>, path: string, schema: JsonObject): void {
  const key = path.slice(path.lastIndexOf(".") + 1);
  const help = typeof schema.description === "string" ? schema.description : undefined;
  const label = typeof schema.title === "string" ? schema.title : labelOf(key);
  hints[path] = { label, ...(help ? { help } : {}), order: Object.keys(hints).length };
  if (!isJsonObject(schema.properties)) return;
  for (const [name, child] of Object.entries(schema.properties))
    if (isJsonObject(child)) addHints(hints, `${path}.${name}`, child);
}
