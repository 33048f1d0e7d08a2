/** What the container of a hosted OpenClaw is, from the owner's settings. It reaches the AI gateway and nothing else. */

import type { ContainerSpec } from "../container-spec.ts";
import { imageOfVersion } from "./versions.ts";

export interface MoltbotSettings {
  version: string;
  memoryMiB: number;
  cpus: number;
  processes: number;
  diskMiB: number;
  idleMinutes: number;
  config: Record<string, unknown>;
}

/** The name by which the gateway inside finds the AI gateway: its network answers it, no server does. */
export const modelWayName = "ai-gateway.moltworker.internal";

/** Longer than anybody waits: the assistant itself ends it, after its home was saved. */
const never = 10 * 365 * 24 * 3_600_000;

export function moltbotSpec({ memoryMiB, cpus, processes, diskMiB }: MoltbotSettings, version: string): ContainerSpec {
  return {
    image: imageOfVersion(version),
    port: 8080,
    limits: { memoryMiB, cpus, processes, diskMiB },
    writable: { "/home/assistant": 3, "/tmp": 1 },
    capabilities: [],
    egress: { allow: [], credentials: [modelWayName] },
    env: {},
    idleMs: never,
    startMs: 60_000,
    longestMs: never,
  };
}
