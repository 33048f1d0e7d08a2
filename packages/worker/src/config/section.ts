/** A config section: one file each in `config/sections/`, one line in `catalog/sections.ts`. */

import type { z } from "zod";
import type { Seeds } from "../env.ts";

export interface Section<Name extends string = string, Value = unknown> {
  name: Name;
  schema: z.ZodType<Value>;
  /** Used when nothing is stored, or when what is stored is invalid (which is reported, not fatal). */
  defaults: Value;
  /** What the environment seeds, once per changed variable. Typed values always win. */
  seed?(seeds: Seeds): Partial<Value>;
}

export function defineSection<Name extends string, Value>(section: Section<Name, Value>): Section<Name, Value> {
  return section;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of sections with different value types has no narrower element type
export type AnySection = Section<string, any>;
