import { senderRoles } from "@moltworker/protocol/channels";
import * as z from "zod";
import { checkGrant } from "../auth/pairing.ts";
import { roleScopes } from "../delivery/senders.ts";
import { defineMethod } from "../rpc/method.ts";

/** Gives a person a role by their id at the provider. */
export const channelsSendersSet = defineMethod<"channels.senders.set">({
  name: "channels.senders.set",
  scope: "operator.pairing",
  lasting: true,
  audit: ({ channel, senderId, role }) => `${channel} ${senderId}: ${role}`,
  params: () =>
    z.strictObject({
      channel: z.string().min(1).max(40),
      accountId: z.string().max(40).optional(),
      senderId: z.string().trim().min(1).max(100),
      role: z.enum(senderRoles),
    }),
  handle({ channel, accountId, senderId, role }, { channels }, { principal }) {
    if (role !== "blocked") checkGrant(principal, roleScopes[role], "giving that role was denied");
    return { ok: true, sender: channels.setSender({ channel, accountId }, senderId, role, principal.id) };
  },
});
