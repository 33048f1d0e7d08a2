import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The owner's own name for a device. */
export const devicePairRename = defineMethod<"device.pair.rename">({
  name: "device.pair.rename",
  scope: "operator.pairing",
  audit: ({ deviceId, label }) => `${deviceId}: ${label}`,
  params: () => z.strictObject({ deviceId: z.string().min(1).max(200), label: z.string().trim().min(1).max(64) }),
  handle({ deviceId, label }, { auth }, { principal }) {
    const device = auth.deviceGrants.rename(principal, deviceId, label);
    return { deviceId: device.id, label };
  },
});
