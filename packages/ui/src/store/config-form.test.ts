import { describe, expect, it } from "vitest";
import {
  applied,
  boundsOf,
  type Control,
  controlOf,
  emptyOf,
  patchOf,
  pathsOf,
  problemsOf,
  type Schema,
  unwrapped,
} from "./config-form.ts";

const text: Schema = { type: "string" };
const group: Schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, default: "Molt" },
    model: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
    steps: { type: "integer", minimum: 1, maximum: 9, default: 3 },
    tags: { type: "array", items: { type: "string", minLength: 2 }, default: [] },
  },
  required: ["name", "steps"],
};
const record: Schema = {
  type: "object",
  additionalProperties: { type: "object", properties: { url: { type: "string", format: "uri" } } },
};

describe("the control of a schema", () => {
  it.each([
    [{ type: "string", enum: ["a", "b"] }, "choice"],
    [{ anyOf: [{ const: 1 }, { const: 2 }] }, "choice"],
    [{ type: "boolean" }, "switch"],
    [{ type: "integer" }, "number"],
    [text, "text"],
    [{ type: "array", items: text }, "lines"],
    [{ type: "array", items: group }, "items"],
    [{ type: "array" }, "json"],
    [group, "group"],
    [record, "record"],
    [{ type: "object" }, "json"],
    [{ anyOf: [text, { type: "number" }] }, "json"],
    [{}, "json"],
  ] as [Schema, Control][])("%j", (schema, control) => expect(controlOf(schema)).toBe(control));

  it("sees through an “or null”, and keeps the words of the outside", () => {
    const { schema, nullable } = unwrapped({ anyOf: [{ type: "string", maxLength: 9 }, { type: "null" }], description: "Words" });
    expect({ schema, nullable }).toEqual({ schema: { type: "string", maxLength: 9, description: "Words" }, nullable: true });
    expect(unwrapped(text).nullable).toBe(false);
  });
});

describe("what is wrong with a value", () => {
  const wrong = (value: unknown) => problemsOf(group, value, "agent");
  it("is said at its path", () => {
    expect(wrong({ name: "", steps: 99, tags: ["ok", "x"], model: null })).toEqual({
      "agent.name": "This has to be set.",
      "agent.steps": "Allowed is 1 to 9.",
      "agent.tags": "Entry 2: At least 2 characters.",
    });
    expect(wrong({ name: "A", steps: 1.5 })).toEqual({ "agent.steps": "This has to be a whole number, 1 to 9." });
    expect(wrong({ name: "A", steps: 2 })).toEqual({});
    expect(wrong({ name: "A" })).toEqual({ "agent.steps": "This has to be set." });
  });

  it("reaches into records and lists of groups", () => {
    expect(Object.keys(problemsOf(record, { one: { url: "nope" }, two: { url: "https://a.example" } }, "p"))).toEqual([
      "p.one.url",
    ]);
    expect(problemsOf({ type: "array", items: group }, [{ name: "", steps: 1 }], "list")).toEqual({
      "list.0.name": "This has to be set.",
    });
  });
});

describe("the patch", () => {
  it("holds what changed and nothing else; back to the default is null", () => {
    const saved = { name: "A", model: "x/y", steps: 5, tags: ["aa"] };
    const patch = patchOf(saved, { name: "Molt", model: null, steps: 5, tags: ["aa", "bb"] }, group);
    expect(patch).toEqual({ name: null, model: null, tags: ["aa", "bb"] });
    expect(pathsOf(patch)).toEqual(["name", "model", "tags"]);
    expect(patchOf(saved, { ...saved }, group)).toBeUndefined();
  });

  it("can be put on newer settings: what was changed elsewhere stays", () => {
    const patch = { name: null, tags: ["mine"] };
    expect(applied({ name: "Theirs", steps: 9, tags: [] }, patch, group)).toEqual({ name: "Molt", steps: 9, tags: ["mine"] });
    expect(applied({ one: {}, two: {} }, { one: null }, record)).toEqual({ two: {} });
  });

  it("adds, changes and removes entries of a record", () => {
    const saved = { one: { url: "https://a.example" }, two: {} };
    expect(patchOf(saved, { one: { url: "https://b.example" }, three: { url: "https://c.example" } }, record)).toEqual({
      one: { url: "https://b.example" },
      two: null,
      three: { url: "https://c.example" },
    });
    expect(patchOf({ one: { url: "https://a.example" } }, { one: {} }, record)).toEqual({ one: { url: null } });
  });
});

describe("a new entry", () => {
  it.each([
    [group, { name: "Molt", steps: 3 }],
    [{ type: "array", items: text }, []],
    [{ anyOf: [text, { type: "null" }] }, null],
    [{ type: "string", enum: ["a", "b"] }, "a"],
    [{ type: "integer", minimum: 4 }, 4],
  ] as [Schema, unknown][])("of %j", (schema, value) => expect(emptyOf(schema)).toEqual(value));
});

describe("bounds in words", () => {
  it.each([
    [{ minimum: 1, maximum: 5 }, "1 to 5"],
    [{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, "0 or more"],
    [{ maximum: 5 }, "at most 5"],
    [{}, ""],
  ] as [Schema, string][])("%j", (schema, words) => expect(boundsOf(schema)).toBe(words));
});
