/** What the sandbox of tools is, from the owner's settings. */

import type { ContainerSpec } from "../container-spec.ts";

export interface SandboxSettings {
  memoryMiB: number;
  cpus: number;
  processes: number;
  diskMiB: number;
  idleMinutes: number;
  allow: string[];
  credentials: readonly { host: string }[];
}

export function sandboxSpec(settings: SandboxSettings): ContainerSpec {
  const { memoryMiB, cpus, processes, diskMiB, idleMinutes, allow } = settings;
  const hosts = settings.credentials.map(({ host }) => host);
  return {
    image: "sandbox",
    port: 8080,
    limits: { memoryMiB, cpus, processes, diskMiB },
    writable: { "/workspace": 3, "/home/assistant": 1, "/tmp": 1 },
    // To become the tools' user, and to end that user's processes.
    capabilities: ["SETUID", "SETGID", "KILL"],
    egress: { allow, credentials: hosts },
    // So that git asks for them where the credential is added.
    env: hosts.length > 0 ? { MOLTWORKER_CREDENTIAL_HOSTS: hosts.join(" ") } : {},
    idleMs: idleMinutes * 60_000,
    startMs: 60_000,
    longestMs: 24 * 3_600_000,
  };
}
