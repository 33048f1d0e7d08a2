/** A writable `disk` service in memory. */
export function memoryDisk(): Fetcher {
  const stored = new Map<string, Uint8Array>();
  return {
    fetch: async (input: string, init: RequestInit = {}) => {
      const path = new URL(input).pathname;
      if (init.method === "PUT") stored.set(path, new Uint8Array(await new Response(init.body).arrayBuffer()));
      if (init.method === "DELETE") return new Response(null, { status: stored.delete(path) ? 204 : 404 });
      const bytes = stored.get(path);
      return bytes ? new Response(init.method === "PUT" ? null : bytes) : new Response(null, { status: 404 });
    },
  } as unknown as Fetcher;
}
