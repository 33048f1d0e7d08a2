/** Server-sent events as a client of the HTTP API reads them, and waiting for what is not announced. */

export interface SseEvent {
  event: string | undefined;
  data: string;
}

/** All events of a stream, once it has ended. Comments are left out. */
export async function readSse(response: Response): Promise<SseEvent[]> {
  if (!response.headers.get("content-type")?.includes("text/event-stream")) return [];
  return (await response.text())
    .split("\n\n")
    .filter((block) => block.includes("data: "))
    .map((block) => {
      const lines = block.split("\n");
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      return { event: field("event"), data: field("data") ?? "" };
    });
}

/** Asks again every 50 ms, up to 20 s. */
export async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it did not come within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
