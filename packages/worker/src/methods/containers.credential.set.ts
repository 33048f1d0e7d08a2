import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What is added on the way out for a host that the settings name. */
export const containersCredentialSet = defineMethod<"containers.credential.set">({
  name: "containers.credential.set",
  scope: "operator.admin",
  lasting: true,
  audit: ({ host }) => host,
  params: () => z.strictObject({ host: z.string().min(1).max(253), secret: z.string().min(1).max(8_000).optional() }),
  handle({ host, secret }, { containers }) {
    containers.credentials.keep(host, secret);
    return { ok: true };
  },
});
