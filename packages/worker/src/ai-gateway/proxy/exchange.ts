/**
 * One HTTP exchange with a provider, in bytes: nothing is judged by its content here. Time is bounded to the first byte,
 * between bytes and in all; the caller's going away ends it at once, whatever state it is in.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import type { Deadline, Deadlines } from "../../platform/deadlines.ts";
import type { Egress } from "../../platform/egress.ts";
import { ChunkReader, LeisurelyReader } from "./chunk-reader.ts";
import type { HeaderRecord } from "./headers.ts";
import type { Upstream } from "./upstreams.ts";

export interface Timeouts {
  firstByteMs: number;
  idleMs: number;
  totalMs: number;
}

export interface ExchangeRequest {
  upstream: Upstream;
  method: string;
  headers: HeaderRecord | Headers;
  body: Uint8Array<ArrayBuffer> | ReadableStream | null;
  timeouts: Timeouts;
  deadlines: Deadlines;
  /** Fires when the caller went away. */
  signal: AbortSignal | undefined;
}

/** Between two looks at a stream that the platform carries: waking JavaScript for every chunk costs more than carrying it. */
const mostRestMs = 500;

type Phase = "first byte" | "idle" | "total";

export class Exchange implements Deadline {
  /** Why it was ended by us. */
  fault: MoltError | undefined;
  /** Of the present phase; moved on when it comes and bytes have come since, instead of once a chunk. */
  dueAt = 0;
  private readonly request: ExchangeRequest;
  private readonly controller = new AbortController();
  private reader: ChunkReader | LeisurelyReader | undefined;
  private readonly startedAt = Date.now();
  private lastByteAt = this.startedAt;
  private phase: Phase = "first byte";
  private ended = false;
  /** Rejects what is waited for. */
  private halt: (fault: MoltError) => void = () => {};
  private readonly onAbort = () => this.stop(new MoltError("ABORTED"));

  constructor(request: ExchangeRequest) {
    this.request = request;
    const { signal } = request;
    if (signal?.aborted) this.onAbort();
    else signal?.addEventListener("abort", this.onAbort, { once: true });
  }

  /** Sends; resolves at the answer's headers. Throws MoltError: ABORTED, PROVIDER_TIMEOUT, PROVIDER_UNAVAILABLE, EGRESS_BLOCKED. */
  async send(egress: Egress): Promise<Response> {
    const { upstream, method, headers, body } = this.request;
    const { firstByteMs, idleMs, totalMs } = this.request.timeouts;
    // One timer for all phases: a look that comes too early costs less than a second timer.
    this.dueAt = this.startedAt + Math.min(firstByteMs, idleMs, totalMs);
    this.request.deadlines.watch(this);
    try {
      const sent = egress.fetch(
        upstream.url,
        { method, headers, body, signal: this.controller.signal },
        { named: upstream.named },
      );
      const response = await this.untilHalted(sent);
      this.phase = "idle";
      this.lastByteAt = Date.now();
      return response;
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** The next bytes; undefined at the end. Throws MoltError: as `send`, or PROVIDER_CUT. */
  async read(response: Response): Promise<Uint8Array | undefined> {
    if (!response.body) return undefined;
    this.reader ??= new ChunkReader(response.body);
    try {
      const chunk = await this.reader.read();
      this.lastByteAt = Date.now();
      if (chunk) return chunk;
      // What we ended ourselves is no end.
      if (this.fault) throw this.fault;
      this.ended = true;
      return undefined;
    } catch (error) {
      throw this.cut(error);
    }
  }

  /** All of a body whose length is known and small: one call instead of one a chunk. Throws as `read`. */
  async readAll(response: Response): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const bytes = new Uint8Array(await this.untilHalted(response.arrayBuffer()));
      this.ended = true;
      return bytes;
    } catch (error) {
      throw this.cut(error);
    }
  }

  /**
   * The body twice, before anything of it was read: a stream that the platform carries alone, and the same bytes for `read`.
   * `relax`: from then on `read` brings them in larger pieces and at leisure; `hurry`: no longer, since the other one is through.
   */
  split(response: Response): { whole: ReadableStream; relax(): void; hurry(): void } {
    const [whole, watched] = (response.body as ReadableStream).tee();
    const reader = new ChunkReader(watched);
    this.reader = reader;
    let isHurried = false;
    let leisurely: LeisurelyReader | undefined;
    return {
      whole,
      relax: () => {
        if (isHurried) return;
        // What was not looked at yet must not pass for silence.
        leisurely = new LeisurelyReader(reader, Math.min(mostRestMs, this.request.timeouts.idleMs / 4));
        this.reader = leisurely;
      },
      hurry: () => {
        isHurried = true;
        leisurely?.hurry();
      },
    };
  }

  /** Nothing more is wanted. Closes the connection unless it ended by itself. */
  end(): void {
    this.request.deadlines.drop(this);
    this.request.signal?.removeEventListener("abort", this.onAbort);
    if (this.ended) return;
    this.ended = true;
    this.reader?.cancel().catch(() => {});
    this.controller.abort(this.fault ?? new MoltError("ABORTED"));
  }

  /** The body was read to its end by somebody else. */
  finished(): void {
    this.ended = true;
    this.end();
  }

  /** A stop must end the waiting here even where the platform is slow to notice. */
  private untilHalted<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.fault) reject(this.fault);
      this.halt = reject;
      work.then(resolve, reject);
    });
  }

  private stop(fault: MoltError): void {
    this.fault ??= fault;
    this.request.deadlines.drop(this);
    this.halt(this.fault);
    this.reader?.cancel(this.fault).catch(() => {});
    this.controller.abort(this.fault);
  }

  due(now: number): void {
    const { firstByteMs, idleMs, totalMs } = this.request.timeouts;
    const phaseEnd = this.phase === "first byte" ? this.startedAt + firstByteMs : this.lastByteAt + idleMs;
    const totalEnd = this.startedAt + totalMs;
    if (totalEnd <= now) return this.stop(this.late("total", totalMs));
    if (phaseEnd <= now) return this.stop(this.late(this.phase, this.phase === "first byte" ? firstByteMs : idleMs));
    this.dueAt = Math.min(phaseEnd, totalEnd);
  }

  private late(phase: Phase, limitMs: number): MoltError {
    const { label, provider } = this.request.upstream;
    const seconds = Math.round(limitMs / 100) / 10;
    const message =
      phase === "first byte"
        ? `${label} did not begin to answer within ${seconds} s`
        : phase === "idle"
          ? `${label} went silent for ${seconds} s in the middle of its answer`
          : `${label}'s answer took longer than ${seconds} s in all`;
    return new MoltError("PROVIDER_TIMEOUT", { message, details: { provider, phase, limitMs } });
  }

  private cut(cause: unknown): MoltError {
    const message = `${this.request.upstream.label}'s answer was cut off before its end`;
    return (this.fault ??= new MoltError("PROVIDER_CUT", { message, cause }));
  }

  private failure(error: unknown): MoltError {
    if (this.fault) return this.fault;
    if (isMoltError(error) && error.code === "EGRESS_BLOCKED") return error;
    const { label, url, provider } = this.request.upstream;
    return new MoltError("PROVIDER_UNAVAILABLE", {
      message: `${label} could not be reached at ${url.host}`,
      hint: "Check that it runs and that the network is up, or choose another model.",
      details: { provider },
      cause: error,
    });
  }
}
