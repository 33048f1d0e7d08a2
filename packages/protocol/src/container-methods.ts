/** What can be asked about containers, over the socket. All of it is ours. */

import type { ContainersReport } from "./containers.ts";

export interface ContainerMethods {
  /** Ours: containers, how they stand and whether they can be had; starts nothing. */
  "containers.list": { params: Record<string, unknown>; result: ContainersReport };
  /** Ours: stops it and starts it anew, with the wanted image. */
  "containers.restart": { params: { id: string }; result: { generation: number } };
  "containers.stop": { params: { id: string }; result: { ok: true } };
  /** Ours: ends it at once; what was in it alone is gone. */
  "containers.delete": { params: { id: string }; result: { ok: true } };
  /** Ours: what is added on the way out for a host that the settings name; without a secret it is forgotten. */
  "containers.credential.set": { params: { host: string; secret?: string }; result: { ok: true } };
  "containers.logs": { params: { id: string }; result: { lines: string[] } };
}
