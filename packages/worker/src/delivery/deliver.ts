/**
 * Delivery: takes the outbox's rows to their providers, in the order and at the pace of `lanes.ts`; `retry_after` obeyed; what
 * may have happened is not repeated unless repeating is harmless. After a kill the rows say what is owed, and `resume`
 * says what was in the air.
 */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import type { ChannelTraits, FileContent, TextContent } from "./channel.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import type { OpenAccount } from "./live-account.ts";
import { bodyOf, placeOfSend, type SendBody, type Sends, type StoredSend } from "./sends.ts";

interface Dependencies {
  sends: Sends;
  clock: Clock;
  log: Log;
  /** undefined while the account cannot send; its rows wait. */
  open(channel: string, account: string): OpenAccount | undefined;
  /** Bytes of a file of the workspace; undefined when it is gone. */
  file(path: string): Uint8Array<ArrayBuffer> | undefined;
  /** What a placeholder shows. */
  placeholder(send: StoredSend): string;
  /** confirmed, unknown or dead. */
  onSettled(send: StoredSend): void;
  /** The placeholder stands. */
  onClaimed(send: StoredSend): void;
  /** A chat has another id now. */
  onMoved(channel: string, account: string, from: string, to: string): void;
  /** A call failed in a way that says something about the account. */
  onTrouble(channel: string, account: string, error: MoltError): void;
  /** Wake me then. */
  schedule(dueAt: number): void;
}

export interface Delivery {
  /** There may be something to send in that lane; without a lane, in any. */
  pump(lane?: string): void;
  /** What an earlier life left in the air; call once at waking, before `pump`. */
  resume(): void;
  /** Runs a call of one chat in its turn, between sends (edits of a stream). Not kept, not repeated. Dropped while the lane is held. */
  inLane(lane: string, account: OpenAccount, paceMs: number, work: () => Promise<void>): void;
  /** Milliseconds until the chat may be changed again. */
  waitMs(lane: string): number;
  /** Milliseconds until the provider wants to hear of that chat again. */
  heldMs(lane: string): number;
  /** A call that the chat's pace does not count; see `Lanes.courtesy`. Rejects with what became of it. */
  courtesy(lane: string, now: boolean, work: () => Promise<void>): Promise<boolean>;
  readonly busy: boolean;
}

const callTimeoutMs = 30_000;
const backoffMs = [1_000, 2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
/** Half a day of backoff at five minutes: what a provider does not take by then needs a person. */
const attemptLimit = 150;

export function createDelivery(deps: Dependencies): Delivery {
  return new LaneDelivery(deps);
}

class LaneDelivery implements Delivery {
  private readonly lanes: Lanes;
  private readonly deps: Dependencies;

  constructor(deps: Dependencies) {
    this.deps = deps;
    this.lanes = createLanes({
      ...deps,
      claims: (send, { traits }) => send.receipt === null && isClaimable(send, traits),
      work: (lane, account, send) =>
        this.attempt(lane, account, send).catch((error: unknown) => deps.log.error("channel.lane.broken", { lane, error })),
    });
  }

  get busy(): boolean {
    return this.lanes.busy;
  }

  resume(): void {
    const { sends, log, open } = this.deps;
    const { again, unknown } = sends.resume((send) => {
      const traits = open(send.channel, send.account)?.traits;
      return isClaimable(send, traits) || traits?.idempotentSends === true;
    });
    for (const send of again) {
      if (send.receipt === null)
        log.warn("channel.placeholder.maybe-doubled", { channel: send.channel, sendId: send.id, runId: send.run_id });
    }
    for (const send of unknown) {
      log.warn("channel.send.unknown", { channel: send.channel, sendId: send.id, kind: send.kind });
      this.settled(send.id);
    }
  }

  pump(lane?: string): void {
    if (lane === undefined) this.lanes.touchAll();
    else this.lanes.touch(lane);
  }

  inLane(lane: string, account: OpenAccount, paceMs: number, work: () => Promise<void>): void {
    this.lanes.beside(lane, account, paceMs, () => work().catch((error: unknown) => this.hold(lane, moltErrorFrom(error))));
  }

  async courtesy(lane: string, now: boolean, work: () => Promise<void>): Promise<boolean> {
    let failure: MoltError | undefined;
    const isMade = await this.lanes.courtesy(lane, now, async () => {
      await work().catch((thrown: unknown) => {
        failure = moltErrorFrom(thrown);
        this.hold(lane, failure);
      });
    });
    if (failure) throw failure;
    return isMade;
  }

  waitMs(lane: string): number {
    return this.lanes.waitMs(lane);
  }

  heldMs(lane: string): number {
    return this.lanes.heldMs(lane);
  }

  /** One call, and what it came to. Never throws for what the provider said. */
  private async attempt(lane: string, account: OpenAccount, send: StoredSend): Promise<void> {
    const { sends } = this.deps;
    sends.attempt(send.id);
    this.lanes.use(lane, account.traits.paceMs[placeOfSend(send).chatKind]);
    try {
      await withDeadline(callTimeoutMs, (signal) => this.call(account, send, signal));
    } catch (thrown) {
      this.failed(lane, account, send, moltErrorFrom(thrown));
    }
  }

  private async call(account: OpenAccount, send: StoredSend, signal: AbortSignal): Promise<void> {
    const { sends } = this.deps;
    const body = bodyOf(send);
    const place = placeOfSend(send);
    if (isClaimable(send, account.traits) && send.receipt !== null) {
      await account.calls.edit?.(place, send.receipt, textOf(body), signal);
      sends.confirm(send.id, send.receipt);
      return this.settled(send.id);
    }
    const claim = isClaimable(send, account.traits);
    const { messageId, movedTo } = await account.calls.send(
      {
        place,
        key: send.id,
        content: claim ? { markdown: this.deps.placeholder(send), plain: true } : this.contentOf(body),
        ...(send.reply_to === null ? {} : { replyTo: send.reply_to }),
      },
      signal,
    );
    if (movedTo !== undefined) this.deps.onMoved(send.channel, send.account, place.chatId, movedTo);
    if (claim) {
      sends.claimed(send.id, messageId);
      this.deps.onClaimed({ ...send, receipt: messageId });
    } else {
      sends.confirm(send.id, messageId);
      this.settled(send.id);
    }
  }

  private failed(lane: string, account: OpenAccount, send: StoredSend, error: MoltError): void {
    const { sends, clock, log } = this.deps;
    const { traits } = account;
    this.deps.onTrouble(send.channel, send.account, error);
    log.info("channel.send.failed", { channel: send.channel, sendId: send.id, code: error.code, attempts: send.attempts + 1 });
    const body = bodyOf(send);
    if (error.code === "CHANNEL_FORMAT_REFUSED" && body && !body.plain) {
      sends.setBody(send.id, { ...body, plain: true });
      return sends.postpone(send.id, clock.now(), error.message);
    }
    // The placeholder was deleted by a person: the answer takes a new one.
    if (error.code === "CHANNEL_MESSAGE_GONE" && send.receipt !== null) {
      return sends.unclaim(send.id);
    }
    const repeatable = isClaimable(send, traits) || traits.idempotentSends;
    const again = this.mayTryAgain(error) || (repeatable && error.code === "CHANNEL_UNKNOWN");
    if (again && send.attempts + 1 < attemptLimit) {
      const delay = error.retryAfterMs ?? backoffMs[Math.min(send.attempts, backoffMs.length - 1)] ?? 300_000;
      if (error.code === "CHANNEL_UNKNOWN" && send.receipt === null)
        log.warn("channel.placeholder.maybe-doubled", { channel: send.channel, sendId: send.id, runId: send.run_id });
      this.lanes.hold(lane, clock.now() + delay);
      return sends.postpone(send.id, clock.now() + delay, error.message);
    }
    sends.end(send.id, error.code === "CHANNEL_UNKNOWN" ? "unknown" : "dead", `${error.message}. ${error.hint}`);
    log.warn("channel.send.given-up", { channel: send.channel, sendId: send.id, code: error.code });
    this.settled(send.id);
  }

  private mayTryAgain(error: MoltError): boolean {
    return ["CHANNEL_LIMITED", "CHANNEL_UNAVAILABLE", "CHANNEL_TOKEN_REJECTED", "CHANNEL_TOKEN_MISSING"].includes(error.code);
  }

  /** Leaves the chat alone for as long as this answer of the provider asks. */
  private hold(lane: string, error: MoltError): void {
    if (error.retryAfterMs !== undefined) this.lanes.hold(lane, this.deps.clock.now() + error.retryAfterMs);
  }

  private contentOf(body: SendBody | undefined): TextContent | FileContent {
    if (!body?.file) return textOf(body);
    const bytes = this.deps.file(body.file.path);
    if (!bytes) return { markdown: `(The file ${body.file.fileName} is gone.)`, plain: true };
    const caption = body.markdown === "" ? {} : { caption: { markdown: body.markdown, ...(body.plain ? { plain: true } : {}) } };
    return { kind: body.file.kind, fileName: body.file.fileName, mimeType: body.file.mimeType, bytes, ...caption };
  }

  private settled(id: string): void {
    const send = this.deps.sends.get(id);
    if (send) this.deps.onSettled(send);
  }
}

/** An answer's text can be claimed by a placeholder where messages can be changed; everything else is one send. */
const isClaimable = (send: StoredSend, traits: ChannelTraits | undefined): boolean =>
  send.kind === "answer" && traits?.edits === true && !traits.idempotentSends;

function textOf(body: SendBody | undefined): TextContent {
  return {
    markdown: body?.markdown ?? "",
    ...(body?.plain ? { plain: true } : {}),
    ...(body?.buttons ? { buttons: body.buttons } : {}),
  };
}
