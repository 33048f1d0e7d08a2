import { budgetPeriods } from "@moltworker/protocol/gateway";
import { scopes } from "@moltworker/protocol/scopes";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Makes a token for programs. The token is in this answer and nowhere else. */
export const authTokensCreate = defineMethod<"auth.tokens.create">({
  name: "auth.tokens.create",
  scope: "operator.admin",
  lasting: true,
  audit: ({ label, scopes: granted }) => `${label}: ${granted.join(" ")}`,
  params: () =>
    z.strictObject({
      label: z.string().trim().min(1).max(64),
      scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
      expiresAt: z.int().positive().optional(),
      tenant: z
        .string()
        .regex(/^[\w.@-]{1,64}$/)
        .optional(),
      limits: z
        .strictObject({
          allow: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
          budget: z.strictObject({ usd: z.number().min(0).max(1_000_000), per: z.enum(budgetPeriods) }).optional(),
          requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
          tokensPerMinute: z.int().min(1).max(1_000_000_000).optional(),
        })
        .optional(),
    }),
  async handle({ label, scopes: granted, ...rest }, { auth }, { principal }) {
    const wanted = { label, scopes: [...new Set(granted)], ...rest };
    const { token, row } = await auth.apiTokens.create(principal, wanted);
    return { token, row };
  },
});
