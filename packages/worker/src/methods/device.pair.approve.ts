import { scopes } from "@moltworker/protocol/scopes";
import * as z from "zod";
import { pairedDevice } from "../auth/devices.ts";
import { defineMethod } from "../rpc/method.ts";

/** Lets a waiting device in, with at most what it asked for and what the approver holds. */
export const devicePairApprove = defineMethod<"device.pair.approve">({
  name: "device.pair.approve",
  scope: "operator.pairing",
  lasting: true,
  audit: ({ requestId }) => requestId,
  params: () =>
    z.strictObject({
      requestId: z.string().min(1).max(200),
      code: z.string().max(40).optional(),
      scopes: z.array(z.enum(scopes)).optional(),
    }),
  handle({ requestId, code, scopes: granted }, { auth, closeEnded }, { principal }) {
    const { request, device } = auth.pairings.approve(principal, requestId, {
      ...(code === undefined ? {} : { code }),
      ...(granted === undefined ? {} : { scopes: granted }),
    });
    // An approval replaces the grant: sockets of the earlier one connect anew.
    closeEnded();
    return { requestId: request.requestId, device: pairedDevice(device) };
  },
});
