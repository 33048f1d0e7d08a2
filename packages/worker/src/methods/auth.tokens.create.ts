import { scopes } from "@moltworker/protocol/scopes";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Makes a token for programs. The token is in this answer and nowhere else. */
export const authTokensCreate = defineMethod<"auth.tokens.create">({
  name: "auth.tokens.create",
  scope: "operator.admin",
  lasting: true,
  audit: ({ label, scopes: granted }) => `${label}: ${granted.join(" ")}`,
  params: z.strictObject({
    label: z.string().trim().min(1).max(64),
    scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
    expiresAt: z.int().positive().optional(),
  }),
  async handle({ label, scopes: granted, expiresAt }, { auth }, { principal }) {
    const wanted = { label, scopes: [...new Set(granted)], ...(expiresAt === undefined ? {} : { expiresAt }) };
    const { token, row } = await auth.apiTokens.create(principal, wanted);
    return { token, row };
  },
});
