import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends this life of the assistant and begins the next, with the build that is there then. Runs are taken up again. */
export const gatewayRestart = defineMethod<"gateway.restart">({
  name: "gateway.restart",
  scope: "operator.admin",
  audit: () => "asked for a restart",
  params: () => z.strictObject({}),
  handle(_params, { restart, server }) {
    restart();
    return { ok: true, bootId: server.bootId };
  },
});
