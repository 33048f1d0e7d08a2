/** Server-sent events out. The client going away is told once. */

const keepAliveMs = 15_000;
const encoder = new TextEncoder();

export interface EventStream {
  response: Response;
  /** `event` is its name, if it has one; `data` one line of JSON, or `[DONE]`. */
  send(data: string, event?: string): void;
  close(): void;
}

/** `onGone`: the client closed the connection before the end. */
export function createEventStream(headers: Record<string, string>, onGone: () => void): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const end = () => {
    clearInterval(timer);
    controller = undefined;
  };
  const write = (text: string) => controller?.enqueue(encoder.encode(text));
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
      // Proxies close what is silent for long, and a run may wait for an approval.
      timer = setInterval(() => write(": still working\n\n"), keepAliveMs);
    },
    cancel() {
      end();
      onGone();
    },
  });
  return {
    response: new Response(body, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        ...headers,
      },
    }),
    send: (data, event) => write(`${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`),
    close() {
      const open = controller;
      end();
      open?.close();
    },
  };
}
