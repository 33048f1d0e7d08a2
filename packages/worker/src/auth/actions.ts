/** What can be done and the scope it needs. RPC methods bring their own scope; all other actions stand here. Unlisted is denied. */

import type { Scope } from "@moltworker/protocol/scopes";
import type { Surface } from "./principal.ts";

export interface Action {
  scope: Scope;
  surfaces: readonly Surface[];
  /** It makes a grant that outlives its maker's: not for API tokens, which are revoked one by one. */
  lasting?: boolean | undefined;
  /** Only for who proves access to the machine. */
  hostOnly?: boolean | undefined;
  /** On a channel, only for the owner's own identity. */
  ownerOnly?: boolean | undefined;
}

export type Actions = Readonly<Record<string, Action>>;

/** Actions that are not RPC methods. */
export const ownActions = {
  "api.signout": { scope: "operator.read", surfaces: ["http"] },
  "api.blobs.read": { scope: "operator.read", surfaces: ["http"] },
  "api.blobs.write": { scope: "operator.write", surfaces: ["http"] },
  "api.passkey.register": { scope: "operator.admin", surfaces: ["http"], lasting: true },
  "api.host.link": { scope: "operator.admin", surfaces: ["http"], lasting: true },
  "api.host.token": { scope: "operator.admin", surfaces: ["http"], hostOnly: true },
  "api.host.report": { scope: "operator.admin", surfaces: ["http"], hostOnly: true },
  "api.host.drain": { scope: "operator.admin", surfaces: ["http"] },
  "api.host.status": { scope: "operator.read", surfaces: ["http"] },
  "api.host.snapshots": { scope: "operator.admin", surfaces: ["http"], hostOnly: true },
  "api.snapshots.read": { scope: "operator.admin", surfaces: ["http"] },
  "api.snapshots.write": { scope: "operator.admin", surfaces: ["http"] },
  "api.doctor.run": { scope: "operator.admin", surfaces: ["http"] },
  "api.doctor.fix": { scope: "operator.admin", surfaces: ["http"] },
  "api.containers": { scope: "operator.admin", surfaces: ["http"] },
  "hosted.use": { scope: "operator.read", surfaces: ["http"] },
  "api.admin.devices": { scope: "operator.pairing", surfaces: ["http"] },
  "api.admin.devices.approve": { scope: "operator.pairing", surfaces: ["http"], lasting: true },
  "api.admin.state": { scope: "operator.admin", surfaces: ["http"] },
  "api.export": { scope: "operator.admin", surfaces: ["http"] },
  // It sets the gateway token and grants devices: what outlives its maker.
  "api.import": { scope: "operator.admin", surfaces: ["http"], lasting: true },
  "api.admin.restart": { scope: "operator.admin", surfaces: ["http"] },
  "api.channels.read": { scope: "operator.read", surfaces: ["http"] },
  "api.channels.send": { scope: "operator.admin", surfaces: ["http"] },
  "api.channels.connect": { scope: "operator.admin", surfaces: ["http"], lasting: true },
  "api.channels.pair": { scope: "operator.pairing", surfaces: ["http"], lasting: true },
  "api.gateway.read": { scope: "operator.admin", surfaces: ["http"] },
  "api.gateway.write": { scope: "operator.admin", surfaces: ["http"] },
  "api.gateway.tokens": { scope: "operator.admin", surfaces: ["http"], lasting: true },
  "gateway.call": { scope: "gateway.use", surfaces: ["http"] },
  "v1.chat": { scope: "operator.write", surfaces: ["v1"] },
  "v1.read": { scope: "operator.read", surfaces: ["v1"] },
  "channel.message": { scope: "operator.write", surfaces: ["channel"] },
  "channel.status": { scope: "operator.read", surfaces: ["channel"] },
  /** Resetting and stopping one's own conversation. */
  "channel.steer": { scope: "operator.write", surfaces: ["channel"] },
  /** The same where others talk too. */
  "channel.steer.shared": { scope: "operator.write", surfaces: ["channel"], ownerOnly: true },
  "channel.model": { scope: "operator.write", surfaces: ["channel"], ownerOnly: true },
  "channel.approve": { scope: "operator.approvals", surfaces: ["channel"], ownerOnly: true },
  "channel.pairing": { scope: "operator.pairing", surfaces: ["channel"], ownerOnly: true },
  "run.start": { scope: "operator.write", surfaces: ["run", "alarm"] },
  "run.tool.read": { scope: "operator.read", surfaces: ["run"] },
  "run.tool.effect": { scope: "operator.write", surfaces: ["run"], ownerOnly: true },
} as const satisfies Actions;

/** The catalog's methods as actions of the socket. */
export function methodActions(methods: readonly { name: string; scope: Scope; lasting?: boolean }[]): Actions {
  return Object.fromEntries(methods.map(({ name, scope, lasting }) => [name, { scope, surfaces: ["socket"] as const, lasting }]));
}
