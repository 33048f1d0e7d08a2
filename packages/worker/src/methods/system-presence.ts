import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Who is connected, this server first. */
export const systemPresence = defineMethod<"system-presence">({
  name: "system-presence",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, { hub, server, clock }) {
    const now = clock.now();
    const self = {
      host: "moltworker",
      version: server.version,
      platform: "workerd",
      mode: "gateway",
      reason: "self",
      text: `Gateway: moltworker ${server.version}`,
      ts: now,
    };
    const clients = hub.all().map(({ state }) => ({
      instanceId: state.connId,
      mode: "client",
      reason: "connect",
      text: `Client via ${state.principal.via}`,
      ts: state.openedAt,
    }));
    return [self, ...clients];
  },
});
