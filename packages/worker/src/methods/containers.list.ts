import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

export const containersList = defineMethod<"containers.list">({
  name: "containers.list",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle: (_params, { containers }) => containers.report(),
});
