/** What can be asked about access over the socket: grants, devices, sign-ins, and the audit of them. */

import type { TokenLimits } from "./gateway.ts";
import type { ApiTokenRow, AuditRow, PairedDevice, PairingRequest, PasskeyRow, SignInWay } from "./rows.ts";
import type { Scope } from "./scopes.ts";

export interface AccessMethods {
  /**
   * Ours: who did what, newest first; `before` is a row's id. `action` and `who` by how they begin; `outcome`: `done`, `refused`
   * or one code; `since` and `until` in epoch ms.
   */
  "audit.list": {
    params: {
      limit?: number;
      before?: number;
      search?: string;
      action?: string;
      who?: string;
      outcome?: string;
      since?: number;
      until?: number;
    };
    result: { rows: AuditRow[]; hasMore: boolean };
  };
  /** Ours: tokens for programs. `token` is said once, here. */
  "auth.tokens.create": {
    params: { label: string; scopes: Scope[]; expiresAt?: number; tenant?: string; limits?: TokenLimits };
    result: { token: string; row: ApiTokenRow };
  };
  "auth.tokens.list": { params: Record<string, unknown>; result: { tokens: ApiTokenRow[] } };
  "auth.tokens.revoke": { params: { id: string }; result: { ok: true; id: string } };
  /** Ours: without `token` one is made and said once; a typed one is not said back. `notes` are sentences for a person. */
  "auth.gatewayToken.rotate": { params: { token?: string }; result: { ok: true; token?: string; notes: string[] } };
  /** Ours: signed-in browsers. */
  "auth.sessions.list": {
    params: Record<string, unknown>;
    result: {
      sessions: {
        id: string;
        createdAt: number;
        usedAt: number;
        by: SignInWay;
        address: string | null;
        agent: string | null;
        current: boolean;
      }[];
    };
  };
  /** Ours: passkeys; made and used over HTTP, at the address that they are bound to. */
  "auth.passkeys.list": { params: Record<string, unknown>; result: { passkeys: PasskeyRow[] } };
  "auth.passkeys.rename": { params: { id: string; label: string }; result: PasskeyRow };
  "auth.passkeys.remove": { params: { id: string }; result: PasskeyRow };
  "auth.sessions.end": { params: { id: string }; result: { ok: true; id: string } };
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
