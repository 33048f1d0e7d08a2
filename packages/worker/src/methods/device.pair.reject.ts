import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Turns a waiting device away; it may ask again ten minutes after it first asked. */
export const devicePairReject = defineMethod<"device.pair.reject">({
  name: "device.pair.reject",
  scope: "operator.pairing",
  audit: ({ requestId }) => requestId,
  params: () => z.strictObject({ requestId: z.string().min(1).max(200) }),
  handle({ requestId }, { auth }) {
    const request = auth.pairings.reject(requestId);
    return { requestId: request.requestId, deviceId: request.deviceId };
  },
});
