import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends a device's grant for good and closes its sockets. */
export const devicePairRemove = defineMethod<"device.pair.remove">({
  name: "device.pair.remove",
  scope: "operator.pairing",
  audit: ({ deviceId }) => deviceId,
  params: () => z.strictObject({ deviceId: z.string().min(1).max(200) }),
  handle({ deviceId }, { auth, closeEnded }, { principal }) {
    const device = auth.deviceGrants.remove(principal, deviceId);
    closeEnded();
    return { deviceId: device.id };
  },
});
