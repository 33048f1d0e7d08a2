import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Settings as they are; secrets live elsewhere and are never among them. */
export const configGet = defineMethod<"config.get">({
  name: "config.get",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, { config }) {
    const { config: settings, hash, issues, warnings } = config.snapshot();
    const plain = settings as unknown as Record<string, unknown>;
    const raw = JSON.stringify(plain, null, 2);
    return {
      path: "sqlite:config",
      exists: true,
      raw,
      parsed: plain,
      config: plain,
      hash,
      valid: issues.length === 0,
      issues,
      warnings,
    };
  },
});
