/** What may be done to a paired device, and by whom: no device or token manages one that may do more than it may. */

import { MoltError } from "@moltworker/protocol/errors";
import { scopes as allScopes, type Scope } from "@moltworker/protocol/scopes";
import type { Device, Devices } from "./devices.ts";
import { checkGrant } from "./pairing.ts";
import type { Principal } from "./principal.ts";

export interface DeviceGrants {
  /** Ends the grant for good. Throws NOT_FOUND, FORBIDDEN; so do the others. */
  remove(by: Principal, deviceId: string): Device;
  rename(by: Principal, deviceId: string, label: string): Device;
  /** Ends its tokens; the new one is returned to the device itself, and else waits for the next proof of its key. */
  rotate(by: Principal, deviceId: string, scopes?: readonly string[]): Promise<{ device: Device; token?: string }>;
  /** Ends its tokens. The device stays known and must ask again. */
  revokeToken(by: Principal, deviceId: string): Device;
}

export function createDeviceGrants(devices: Devices): DeviceGrants {
  const managed = (by: Principal, deviceId: string, what: string): Device => {
    const device = devices.find(deviceId.trim().toLowerCase());
    if (!device) throw new MoltError("NOT_FOUND", { message: "unknown deviceId", hint: "Read the list of devices again." });
    // Nothing is given here. The owner may do it however little the client at hand has asked for; a device manages itself.
    if (by.kind !== "owner" && !(by.kind === "device" && by.id === device.id)) checkGrant(by, device.scopes, what);
    return device;
  };

  return {
    remove: (by, deviceId) => {
      const device = managed(by, deviceId, "device pairing removal denied");
      devices.revoke(device.id);
      return device;
    },
    rename: (by, deviceId, label) => {
      const device = managed(by, deviceId, "device pairing rename denied");
      devices.rename(device.id, label);
      return device;
    },
    rotate: async (by, deviceId, asked) => {
      const device = managed(by, deviceId, "device token rotation denied");
      const scopes = narrowed(device, asked);
      const own = by.kind === "device" && by.id === device.id;
      devices.narrow(device, scopes);
      devices.endTokens(device.id, !own);
      const token = own ? { token: await devices.issue(device.id) } : {};
      return { device: { ...device, scopes }, ...token };
    },
    revokeToken: (by, deviceId) => {
      const device = managed(by, deviceId, "device token revocation denied");
      devices.endTokens(device.id, false);
      return device;
    },
  };
}

function narrowed(device: Device, asked: readonly string[] | undefined): readonly Scope[] {
  if (asked === undefined) return device.scopes;
  const beyond = asked.find((scope) => !(device.scopes as readonly string[]).includes(scope));
  if (beyond === undefined) return allScopes.filter((scope) => asked.includes(scope));
  throw new MoltError("FORBIDDEN", {
    message: `device token rotation denied: ${beyond.slice(0, 60)} is not among the approved scopes`,
    hint: "A rotation can only keep or take away scopes; let the device ask again for more.",
  });
}
