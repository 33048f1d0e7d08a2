import * as z from "zod";
import { pairedDevice } from "../auth/devices.ts";
import { defineMethod } from "../rpc/method.ts";

/** Devices that wait for approval, and those that have it. */
export const devicePairList = defineMethod<"device.pair.list">({
  name: "device.pair.list",
  scope: "operator.pairing",
  params: () => z.strictObject({}),
  handle: (_params, { auth }) => ({ pending: auth.pairings.list(), paired: auth.listDevices().map(pairedDevice) }),
});
