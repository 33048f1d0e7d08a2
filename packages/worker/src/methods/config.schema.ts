import * as z from "zod";
import { describeSections } from "../config/describe.ts";
import { defineMethod } from "../rpc/method.ts";

/** What can be set: JSON Schema with the words for people. */
export const configSchema = defineMethod<"config.schema">({
  name: "config.schema",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, { sections, server, clock }) {
    const { schema, uiHints } = describeSections(sections);
    return { schema, uiHints, version: server.version, generatedAt: new Date(clock.now()).toISOString() };
  },
});
