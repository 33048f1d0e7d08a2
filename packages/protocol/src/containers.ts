/** What is told about containers, on every surface. */

export type ContainerStateName = "absent" | "starting" | "ready" | "draining" | "stopped" | "failed";

/** Steps of a start, in order; the last three of a hosted OpenClaw alone. */
export type ContainerStage = "fencing" | "creating" | "waiting" | "restoring" | "configuring" | "gateway";

/** Why a container failed or stopped: a cause, a cure, and what the machine said. */
export interface ContainerReason {
  code: string;
  cause: string;
  cure: string;
  exitCode: number | null;
  outOfMemory: boolean;
  /** The last lines that it wrote. */
  lines: string[];
  at: number;
}

export interface ContainerInfo {
  /** `sandbox`, … */
  id: string;
  title: string;
  state: ContainerStateName;
  stage: ContainerStage | null;
  generation: number;
  /** Epoch ms of the last change of state. */
  since: number;
  lastUsedAt: number;
  reason: ContainerReason | null;
  runningImage: string | null;
  wantedImage: string | null;
  /** Why the wanted image or setting does not run yet. */
  waiting: string | null;
  /** Commands that run in it now. */
  jobs: number;
  limits: { memoryMiB: number; cpus: number; processes: number; diskMiB: number };
  allow: string[];
}

/** A credential that is added to requests of the sandbox to one host; its value is never told. */
export interface ContainerCredential {
  host: string;
  header: string;
  scheme: "Bearer" | "Basic" | "none";
  isSet: boolean;
}

export interface ContainersReport {
  /** Whether containers can be had here. */
  available: boolean;
  /** Where they run: `docker` or `cloudflare`. */
  engine: string | null;
  engineVersion: string | null;
  /** Set when they cannot be had. */
  cause: string | null;
  cure: string | null;
  containers: ContainerInfo[];
  credentials: ContainerCredential[];
}
