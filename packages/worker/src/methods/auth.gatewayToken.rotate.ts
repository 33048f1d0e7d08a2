import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Replaces the gateway token by a typed or a new one. What rested on the old one is closed. */
export const authGatewayTokenRotate = defineMethod<"auth.gatewayToken.rotate">({
  name: "auth.gatewayToken.rotate",
  scope: "operator.admin",
  lasting: true,
  audit: ({ token }) => (token === undefined ? "a new one" : "a typed one"),
  params: () => z.strictObject({ token: z.string().max(16_000).optional() }),
  handle({ token }, { auth, closeEnded }, { principal }) {
    const rotation = auth.rotateGatewayToken(principal, token);
    closeEnded();
    return { ok: true, ...rotation };
  },
});
