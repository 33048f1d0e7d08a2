/** `ctx.container`, as the life cycle needs it. The same on Cloudflare and under workerd with a local engine. */

export interface StartOrder {
  image: string;
  env: Record<string, string>;
  /** Whether the platform itself lets it out; on one machine our own network container decides instead. */
  internet: boolean;
  limits: { memoryMiB: number; cpus: number; diskMiB: number };
}

export interface ContainerEngine {
  /** References by image name; what a new generation would run. */
  images(): Record<string, string>;
  running(): boolean;
  start(order: StartOrder): void;
  /** Settles when the container ends: undefined, or the runtime's own words. */
  ended(): Promise<string | undefined>;
  /** Ends it at once; settles when it is gone as far as the runtime knows. Never rejects. */
  destroy(): Promise<void>;
  /** Asks it to end. */
  terminate(): void;
  fetch(port: number, request: Request): Promise<Response>;
  /** Plain requests of the container to these names are answered by `by` from now on. */
  answerFor(names: readonly string[], by: Fetcher): Promise<void>;
}

const destroyMs = 3_000;

export function createContainerEngine(container: Container): ContainerEngine {
  return {
    images: () => container.images,
    running: () => container.running,
    start: ({ image, env, internet, limits }) =>
      container.start({
        image,
        env,
        enableInternet: internet,
        instance: { vcpu: limits.cpus, memoryMib: limits.memoryMiB, diskMb: Math.max(2_000, limits.diskMiB) },
      }),
    ended: () =>
      container.monitor().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    // Where the way to a local engine was cut meanwhile, the runtime may never say that it is done: the host ends it then.
    destroy: () =>
      Promise.race([container.destroy().catch(() => undefined), new Promise<void>((done) => setTimeout(done, destroyMs))]),
    terminate: () => container.signal(15),
    async answerFor(names, by) {
      for (const name of names) await container.interceptOutboundHttp(name, by);
    },
    fetch: (port, request) => container.getTcpPort(port).fetch(request),
  };
}
