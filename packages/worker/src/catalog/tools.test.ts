import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { tools } from "./tools.ts";

describe("the catalog of tools", () => {
  it("has one line for each file of tools/", () => {
    const files = readdirSync(`${import.meta.dirname}/../tools`).filter(
      (name) => name.endsWith(".ts") && !name.includes(".test."),
    );
    expect(tools.map((tool) => `${tool.name.replaceAll("_", "-")}.ts`).sort()).toEqual(files.sort());
  });

  it("costs the model little: about 1,200 tokens for all schemas", () => {
    const schemas = tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      parameters: z.toJSONSchema(tool.parameters, { io: "input" }),
    }));
    // Four characters a token is on the safe side for JSON.
    expect(JSON.stringify(schemas).length / 4).toBeLessThan(1_200);
  });

  it.each(tools.map((tool) => [tool.name, tool] as const))("%s keeps to the contract", (_, tool) => {
    expect(tool.name).toMatch(/^[a-z_]{1,64}$/);
    expect(tool.description.length).toBeGreaterThan(10);
    expect(tool.timeoutMs).toBeGreaterThan(0);
    const schema = z.toJSONSchema(tool.parameters, { io: "input" });
    expect(schema.type).toBe("object");
    expect(tool.parameters.safeParse("text").success).toBe(false);
  });
});
