/**
 * Carries an answer's stream to the caller: bytes as they came, watched in passing for what they used. A cut upstream is a cut
 * transfer for the caller, never a clean end; a caller who goes away ends the upstream.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { CallUsage } from "../governor/governor.ts";
import { AddedUsageStrip } from "./added-usage.ts";
import { OutputEstimate } from "./estimate.ts";
import type { AnswerSource, Good, Target } from "./plan.ts";
import { UsageScan } from "./usage-scan.ts";

export interface StreamEnd {
  usage: CallUsage | undefined;
  /** Tokens generated as far as the bytes tell; for when `usage` is absent. */
  estimate: number;
  error: MoltError | null;
  bytes: number;
}

type Carried = NonNullable<AnswerSource["carried"]>;

/** Sees every delivered chunk; for caches and records. */
export type Tap = (chunk: Uint8Array) => void;

/** Resolves once when all is over, however it ended. Never rejects. */
export function deliver(good: Good, target: Target, tap: Tap | undefined): { body: ReadableStream; end: Promise<StreamEnd> } {
  const { readable, writable } = new IdentityTransformStream();
  const watch = new Watch(tap);
  const { carried } = good.source;
  const end = carried ? carry(good, carried, writable, watch) : pump(good, target, writable.getWriter(), watch);
  return { body: readable, end };
}

/** What is learnt from the bytes in passing. */
class Watch {
  private readonly scan = new UsageScan();
  private readonly estimate = new OutputEstimate();
  private readonly tap: Tap | undefined;
  private bytes = 0;

  constructor(tap: Tap | undefined) {
    this.tap = tap;
  }

  /** Bytes of the provider. */
  came(chunk: Uint8Array): void {
    this.scan.push(chunk);
    this.estimate.push(chunk);
  }

  /** Bytes for the caller. */
  went(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.tap?.(chunk);
  }

  both(chunk: Uint8Array): void {
    this.came(chunk);
    this.went(chunk);
  }

  end(error: MoltError | null): StreamEnd {
    return { usage: this.scan.usage(), estimate: this.estimate.tokens(), error, bytes: this.bytes };
  }
}

/** A transfer broke off: so long the copy may take to say that it was the provider's doing. */
const blameMs = 100;

/** The platform carries the bytes, and says when the caller has them all or has gone; a copy of them is read now and then. */
async function carry(
  { source, held, ended }: Good,
  carried: Carried,
  writable: WritableStream,
  watch: Watch,
): Promise<StreamEnd> {
  let left: MoltError | undefined;
  let blame: ReturnType<typeof setTimeout> | undefined;
  // Fails when either side broke off: a cut upstream cuts the caller's transfer.
  const through = carried.whole.pipeTo(writable).then(carried.hurry, (cause: unknown) => {
    carried.hurry();
    blame = setTimeout(() => {
      left = new MoltError("ABORTED", { cause });
      source.end();
    }, blameMs);
  });
  let error: MoltError | null = null;
  try {
    for (const chunk of held) watch.both(chunk);
    if (!ended) {
      carried.relax();
      for (let chunk = await source.read(); chunk; chunk = await source.read()) watch.both(chunk);
    }
    source.finished();
    await through;
    // The provider came to its end, the caller did not.
    if (blame !== undefined) error = new MoltError("ABORTED");
  } catch (cause) {
    error = left ?? source.fault() ?? new MoltError("ABORTED", { cause });
    source.end();
    await through;
  }
  clearTimeout(blame);
  return watch.end(error);
}

async function pump(
  good: Good,
  target: Target,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  watch: Watch,
): Promise<StreamEnd> {
  const strip = target.addedUsage ? new AddedUsageStrip() : undefined;
  const send = async (chunk: Uint8Array): Promise<void> => {
    watch.went(chunk);
    await writer.write(chunk);
  };
  let writing = false;
  const pass = async (chunk: Uint8Array): Promise<void> => {
    watch.came(chunk);
    const out = strip ? strip.push(chunk) : chunk;
    if (out.length === 0) return;
    writing = true;
    await send(out);
    writing = false;
  };
  // A reader that has gone is noticed even while the provider is silent.
  writer.closed.catch(() => good.source.end());
  try {
    for (const chunk of good.held) await pass(chunk);
    if (!good.ended) for (let chunk = await good.source.read(); chunk; chunk = await good.source.read()) await pass(chunk);
    const rest = strip?.flush();
    if (rest && rest.length > 0) await send(rest);
    await writer.close();
    good.source.finished();
    // A translated stream says in its own dialect that it broke off.
    return watch.end(good.source.fault() ?? null);
  } catch (cause) {
    const error = writing ? new MoltError("ABORTED", { cause }) : (good.source.fault() ?? new MoltError("ABORTED", { cause }));
    const rest = strip?.flush();
    if (!writing && rest && rest.length > 0) await send(rest).catch(() => {});
    good.source.end();
    await writer.abort(error).catch(() => {});
    return watch.end(error);
  }
}
