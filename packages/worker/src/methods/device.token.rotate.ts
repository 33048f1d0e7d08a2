import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends a device's tokens and gives it, and nobody else, a new one. */
export const deviceTokenRotate = defineMethod<"device.token.rotate">({
  name: "device.token.rotate",
  scope: "operator.pairing",
  lasting: true,
  audit: ({ deviceId }) => deviceId,
  params: () =>
    z.strictObject({
      deviceId: z.string().min(1).max(200),
      role: z.literal("operator"),
      scopes: z.array(z.string().min(1).max(60)).max(20).optional(),
    }),
  async handle({ deviceId, role, scopes }, { auth, clock, closeEnded }, { principal }) {
    const { device, token } = await auth.deviceGrants.rotate(principal, deviceId, scopes);
    closeEnded();
    return {
      deviceId: device.id,
      role,
      ...(token === undefined ? {} : { token }),
      scopes: [...device.scopes],
      rotatedAtMs: clock.now(),
      tokenDelivery: token === undefined ? "withheld-cross-device" : "in-band",
    };
  },
});
