/** What a container is to be: image, limits, way out. Whoever uses a container brings this along; the object keeps the last. */

export interface ContainerLimits {
  memoryMiB: number;
  /** Processor cores, may be a fraction. */
  cpus: number;
  processes: number;
  /** Room for files. On one machine it is part of the memory. */
  diskMiB: number;
}

export interface ContainerSpec {
  /** Key of `ctx.container.images`. */
  image: string;
  /** Where the program inside answers. */
  port: number;
  limits: ContainerLimits;
  /** Folders that can be written, with their share of the disk. */
  writable: Record<string, number>;
  /** Linux capabilities that its first process needs. */
  capabilities: string[];
  egress: {
    /** Names that may be reached: `github.com`, `*.npmjs.org`, `*`. */
    allow: string[];
    /** Names that the assistant itself answers for the container, or whose credential it adds. */
    credentials: string[];
  };
  /** Never a secret. */
  env: Record<string, string>;
  /** Milliseconds without use until it sleeps. */
  idleMs: number;
  /** Milliseconds that a start may take. */
  startMs: number;
  /** Milliseconds after which even a busy container ends. */
  longestMs: number;
}

/** Equal marks: a container of the one serves for the other. */
export function specMark({ idleMs: _idle, startMs: _start, longestMs: _longest, ...spec }: ContainerSpec): string {
  return JSON.stringify(spec, (_, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
