/**
 * One HTTP exchange with a provider, watched: its fetch goes through egress, names every refusal, and cuts the exchange
 * when the first byte or the next byte is too late or the caller aborts. Pings count as bytes, so slow thinking is not silence.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import { badResponse, cutAnswer, type FaultSource, faultFromNetwork, faultFromStatus, notAnApi, timedOut } from "./faults.ts";

export interface AttemptOptions {
  egress: Egress;
  clock: Clock;
  source: FaultSource;
  /** The owner named this address. */
  named: boolean;
  firstByteTimeoutMs: number;
  /** Asked anew each time: silence means less while a model thinks. */
  idleTimeoutMs(): number;
  expects: "stream" | "json";
  signal: AbortSignal;
  /** Of a gateway in between; a provider's key that is empty is then left to it. */
  gatewayHeaders?: Record<string, string> | undefined;
}

const errorBodyBytes = 64 * 1024;

export class Attempt {
  /** Why the exchange was ended by us, or that the network cut it; the truth behind whatever an SDK makes of it. */
  fault: MoltError | undefined;
  /** A 2xx came, so the provider may be generating (and charging). */
  accepted = false;
  /** Epoch milliseconds of the first body byte. */
  firstByteAt: number | undefined;
  private lastByteAt = 0;
  private bodyEnded = false;
  private readonly options: AttemptOptions;
  private readonly controller = new AbortController();
  private timer = new AbortController();
  private readonly onAbort = () => this.stop(new MoltError("ABORTED"));

  constructor(options: AttemptOptions) {
    this.options = options;
    if (options.signal.aborted) this.onAbort();
    else options.signal.addEventListener("abort", this.onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const { egress, source, named, clock } = this.options;
    const url = String(input instanceof Request ? input.url : input);
    this.lastByteAt = clock.now();
    this.watch();
    let response: Response;
    try {
      const answer = egress.fetch(url, { ...init, ...this.headersFor(init), signal: this.signal }, { named });
      response = await Promise.race([answer, rejectOnAbort(this.signal)]);
    } catch (error) {
      throw (this.fault ??= faultFromNetwork(source, error, new URL(url).host));
    }
    if (!response.ok) throw (this.fault ??= faultFromStatus(source, response.status, response.headers, await readSome(response)));
    this.accepted = true;
    return this.accept(response);
  };

  private headersFor(init: RequestInit | undefined): { headers?: Headers } {
    const { gatewayHeaders, source } = this.options;
    if (!gatewayHeaders) return {};
    const headers = new Headers(init?.headers);
    if (source.apiKey === undefined) for (const name of ["authorization", "x-api-key", "x-goog-api-key"]) headers.delete(name);
    for (const [name, value] of Object.entries(gatewayHeaders)) headers.set(name, value);
    return { headers };
  }

  /** Ends timers; closes the upstream unless it ended by itself. */
  end(): void {
    this.options.signal.removeEventListener("abort", this.onAbort);
    this.timer.abort();
    if (!this.bodyEnded) this.controller.abort(new MoltError("ABORTED"));
  }

  private async accept(response: Response): Promise<Response> {
    const { source, expects } = this.options;
    const type = response.headers.get("content-type") ?? "";
    if (type.includes("text/html")) throw (this.fault ??= notAnApi(source, "an HTML page"));
    if (expects === "stream" && type.includes("application/json")) {
      const body = await readSome(response);
      const fault = /"error"/.test(body)
        ? faultFromStatus(source, 503, response.headers, body)
        : badResponse(source, "did not stream its answer");
      throw (this.fault ??= fault);
    }
    if (!response.body) throw (this.fault ??= badResponse(source, "sent an empty answer"));
    return new Response(this.watchBody(response.body), { status: response.status, headers: response.headers });
  }

  private watchBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const onAbort = () => {
            controller.error(this.signal.reason);
            reader.cancel(this.signal.reason).catch(() => {});
          };
          if (this.signal.aborted) onAbort();
          else this.signal.addEventListener("abort", onAbort, { once: true });
        },
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (!done) {
              this.touch();
              return controller.enqueue(value);
            }
            this.bodyEnded = true;
            this.timer.abort();
            controller.close();
          } catch (cause) {
            this.fault ??= cutAnswer(this.options.source, cause);
            controller.error(this.fault);
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  private touch(): void {
    this.lastByteAt = this.options.clock.now();
    if (this.firstByteAt !== undefined) return;
    this.firstByteAt = this.lastByteAt;
    this.watch();
  }

  /** One timer a phase, re-armed for what is left instead of once a chunk. */
  private watch(): void {
    this.timer.abort();
    this.timer = new AbortController();
    const phase = this.firstByteAt === undefined ? "first byte" : "idle";
    this.sleepUntilLate(phase, this.timer.signal).catch(() => {});
  }

  private async sleepUntilLate(phase: "first byte" | "idle", done: AbortSignal): Promise<void> {
    const { clock, source, firstByteTimeoutMs, idleTimeoutMs } = this.options;
    for (;;) {
      const limitMs = phase === "first byte" ? firstByteTimeoutMs : idleTimeoutMs();
      const leftMs = this.lastByteAt + limitMs - clock.now();
      if (leftMs <= 0) return this.stop(timedOut(source, phase, limitMs));
      await clock.sleep(leftMs, done);
    }
  }

  private stop(fault: MoltError): void {
    this.fault ??= fault;
    this.timer.abort();
    this.controller.abort(this.fault);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The beginning of an error body; never throws, never reads without end. */
async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let bytes = 0; bytes < errorBodyBytes; ) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // What was read before the cut still names the cause.
  }
  reader.cancel().catch(() => {});
  return text;
}
