import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { describeSections, schemaAt } from "../config/describe.ts";
import { isJsonObject } from "../config/merge.ts";
import { defineMethod } from "../rpc/method.ts";

/** One setting, or one group of them, and what is directly below it. */
export const configSchemaLookup = defineMethod<"config.schema.lookup">({
  name: "config.schema.lookup",
  scope: "operator.read",
  params: () => z.strictObject({ path: z.string().min(1).max(1_024) }),
  handle({ path }, { sections }) {
    const { schema, uiHints } = describeSections(sections);
    const found = schemaAt(schema, path);
    if (!found)
      throw new MoltError("NOT_FOUND", { message: `there is no setting "${path}"`, hint: "Ask for `.` to see the sections." });
    const { properties, required, ...node } = found;
    const needed = Array.isArray(required) ? required : [];
    const children = Object.entries(isJsonObject(properties) ? properties : {}).map(([key, child]) => {
      const below = path === "." ? key : `${path}.${key}`;
      const hint = uiHints[below];
      return {
        key,
        path: below,
        ...(isJsonObject(child) && typeof child.type === "string" ? { type: child.type } : {}),
        required: needed.includes(key),
        hasChildren: isJsonObject(child) && isJsonObject(child.properties),
        reloadKind: "hot" as const,
        ...(hint ? { hint, hintPath: below } : {}),
      };
    });
    const hint = uiHints[path];
    return { path, schema: node, reloadKind: "hot" as const, ...(hint ? { hint, hintPath: path } : {}), children };
  },
});
