import { describe, expect, test } from "vitest";
import * as z from "zod";
import { describeSections, labelOf, schemaAt } from "./describe.ts";
import { defineSection } from "./section.ts";

const section = defineSection({
  name: "limits",
  schema: z
    .strictObject({
      maxSteps: z.int().min(1).max(9).describe("Steps of a run."),
      inner: z.strictObject({ on: z.boolean().meta({ title: "Switched on" }) }),
      byName: z.record(z.string(), z.strictObject({ tries: z.int() })),
    })
    .meta({ title: "Limits" }),
  defaults: { maxSteps: 3, inner: { on: true }, byName: {} },
});

describe("settings as JSON Schema", () => {
  const { schema, uiHints } = describeSections([section]);

  test("carry bounds, defaults and words", () => {
    expect(schemaAt(schema, "limits.maxSteps")).toMatchObject({ type: "integer", minimum: 1, maximum: 9, default: 3 });
    expect(schemaAt(schema, "limits.inner.on")).toMatchObject({ type: "boolean", default: true });
    expect(uiHints.limits).toMatchObject({ label: "Limits" });
    expect(uiHints["limits.maxSteps"]).toMatchObject({ label: "Max steps", help: "Steps of a run." });
    expect(uiHints["limits.inner.on"]).toMatchObject({ label: "Switched on" });
  });

  test("are found by path, through records too; the dot is the whole", () => {
    expect(schemaAt(schema, ".")).toBe(schema);
    expect(schemaAt(schema, "limits.byName.anyone.tries")).toMatchObject({ type: "integer" });
    for (const path of ["nowhere", "limits.nowhere", "limits.maxSteps.deeper", "__proto__"])
      expect(schemaAt(schema, path)).toBeUndefined();
  });

  test.each([
    ["maxSteps", "Max steps"],
    ["baseUrl", "Base url"],
    ["on", "On"],
    ["a-b_c", "A b c"],
  ])("name %s as %s", (key, label) => expect(labelOf(key)).toBe(label));
});
