import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends a device's tokens and closes its sockets. It stays known, and must ask to be let in again. */
export const deviceTokenRevoke = defineMethod<"device.token.revoke">({
  name: "device.token.revoke",
  scope: "operator.pairing",
  audit: ({ deviceId }) => deviceId,
  params: () => z.strictObject({ deviceId: z.string().min(1).max(200), role: z.literal("operator") }),
  handle({ deviceId, role }, { auth, clock, closeEnded }, { principal }) {
    const device = auth.deviceGrants.revokeToken(principal, deviceId);
    closeEnded();
    return { deviceId: device.id, role, revokedAtMs: clock.now() };
  },
});
