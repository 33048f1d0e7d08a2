import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What a webhook's signatures are made with. */
export const hooksSecretSet = defineMethod<"hooks.secret.set">({
  name: "hooks.secret.set",
  scope: "operator.admin",
  lasting: true,
  audit: ({ name }) => name,
  params: () => z.strictObject({ name: z.string().min(1).max(40), secret: z.string().min(1).max(8_000).optional() }),
  handle({ name, secret }, { hooks }) {
    const made = hooks.setSecret(name, secret);
    return { ok: true, ...(made === undefined ? {} : { secret: made }) };
  },
});
