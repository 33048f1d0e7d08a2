/** What the sandbox of tools is, from the owner's settings. */

import type { ContainerSpec } from "../container-spec.ts";

export interface SandboxSettings {
  memoryMiB: number;
  cpus: number;
  processes: number;
  diskMiB: number;
  idleMinutes: number;
  allow: string[];
}

export function sandboxSpec(settings: SandboxSettings): ContainerSpec {
  const { memoryMiB, cpus, processes, diskMiB, idleMinutes, allow } = settings;
  return {
    image: "sandbox",
    port: 8080,
    limits: { memoryMiB, cpus, processes, diskMiB },
    writable: { "/workspace": 3, "/home/assistant": 1, "/tmp": 1 },
    // To become the tools' user, and to end that user's processes.
    capabilities: ["SETUID", "SETGID", "KILL"],
    egress: { allow, credentials: [] },
    env: {},
    idleMs: idleMinutes * 60_000,
    startMs: 60_000,
    longestMs: 24 * 3_600_000,
  };
}
