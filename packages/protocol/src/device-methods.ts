/** What can be asked about devices: a part of the map in `methods.ts`. Names and shapes are OpenClaw's. */

import type { PairedDevice, PairingRequest } from "./rows.ts";
import type { Scope } from "./scopes.ts";

export interface DeviceMethods {
  "device.pair.list": { params: Record<string, unknown>; result: { pending: PairingRequest[]; paired: PairedDevice[] } };
  /** `requestId` may also be the code itself; with `code` both must fit. `scopes` grants less than was asked for. */
  "device.pair.approve": {
    params: { requestId: string; code?: string; scopes?: Scope[] };
    result: { requestId: string; device: PairedDevice };
  };
  "device.pair.reject": { params: { requestId: string }; result: { requestId: string; deviceId: string } };
  "device.pair.remove": { params: { deviceId: string }; result: { deviceId: string } };
  "device.pair.rename": { params: { deviceId: string; label: string }; result: { deviceId: string; label: string } };
  /** The new token goes to the device alone: at once when it asks itself, else when it next proves its key. */
  "device.token.rotate": {
    params: { deviceId: string; role: string; scopes?: string[] };
    result: {
      deviceId: string;
      role: string;
      token?: string;
      scopes: Scope[];
      rotatedAtMs: number;
      tokenDelivery: "in-band" | "withheld-cross-device";
    };
  };
  "device.token.revoke": {
    params: { deviceId: string; role: string };
    result: { deviceId: string; role: string; revokedAtMs: number };
  };
}
