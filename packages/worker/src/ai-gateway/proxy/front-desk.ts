/**
 * The gateway where requests come in. The stateless front often runs in the very isolate that the Assistant object lives in.
 * There it can answer a call by itself with what the object has in memory - the same keys, limits, breakers and books -, and
 * the hop into the object, a third of what a call costs, is made only by a call that needs the object's rows.
 *
 * Three things keep it honest. Rows belong to the object: a call that would have to read or write one goes to the object before
 * it is admitted; money is spent here only as far as a budget's row holds it ahead. The object must have been heard of within a
 * second, so that nothing is answered out of the memory of one that is gone. And what was entered out here is written by the
 * object within a quarter of a second, as its own entries are.
 */

import type { Clock } from "../../platform/clock.ts";
import type { Place } from "./address.ts";
import type { Bytes } from "./call-body.ts";

/** What the front lends to one call. */
export interface Visit {
  /** The object's answer in place of ours; `body` when the request's was read already. */
  instead(body: Bytes | undefined): Promise<Response>;
  /** Goes on after the head of the answer, also when the caller has gone. */
  waitUntil(work: Promise<unknown>): void;
  /** The object writes what was entered here. */
  keep(): Promise<unknown>;
}

/** How a call that is answered at the front differs, for those on its way. */
export interface AtFront {
  waitUntil(work: Promise<unknown>): void;
  /** It was entered in the books. */
  entered(): void;
}

type MakeCall = (request: Request, place: Place, how: { atFront: AtFront; instead: Visit["instead"] }) => Promise<Response>;

export interface FrontDesk {
  /** undefined: only the object can answer. */
  answer(request: Request, place: Place, visit: Visit): Promise<Response> | undefined;
}

export interface OwnFrontDesk extends FrontDesk {
  /** The object itself was here. */
  seen(): void;
  close(): void;
}

const trustMs = 1_000;
const keepMs = 250;
const mostTries = 3;
/** So often the object hears of calls that last, lest it be put away meanwhile. */
const wakeMs = 4_000;
/** Larger bodies may have to stream, which cannot be begun twice. */
const mostBytes = 1_048_576;

const desks = new Map<string, OwnFrontDesk>();

/** Of the object with this id, if it lives in this isolate. */
export const frontDeskOf = (objectId: string): FrontDesk | undefined => desks.get(objectId);

/** The place of the object's life before is taken: what it remembers is of no use any more. */
export function closeFrontDesk(objectId: string): void {
  desks.get(objectId)?.close();
  desks.delete(objectId);
}

export function openFrontDesk(objectId: string, makeCall: MakeCall, clock: Clock): OwnFrontDesk {
  closeFrontDesk(objectId);
  const desk = new Desk(makeCall, clock);
  desks.set(objectId, desk);
  return desk;
}

class Desk implements OwnFrontDesk {
  private readonly makeCall: MakeCall;
  private readonly clock: Clock;
  private seenAt = Number.NEGATIVE_INFINITY;
  private keepAt = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(makeCall: MakeCall, clock: Clock) {
    this.makeCall = makeCall;
    this.clock = clock;
  }

  seen(): void {
    this.seenAt = this.clock.now();
  }

  close(): void {
    this.isClosed = true;
  }

  answer(request: Request, place: Place, visit: Visit): Promise<Response> | undefined {
    if (this.isClosed || this.clock.now() - this.seenAt > trustMs || !isPlain(request)) return undefined;
    const atFront: AtFront = {
      waitUntil: (work) => visit.waitUntil(this.attend(work, visit)),
      entered: () => this.keepSoon(visit),
    };
    const answer = this.makeCall(request, place, { atFront, instead: visit.instead });
    visit.waitUntil(answer);
    return answer;
  }

  /** One call asks for all that are entered until then. */
  private keepSoon(visit: Visit): void {
    const now = this.clock.now();
    // One that never came back must not be the last.
    if (this.keepAt + 2 * trustMs > now) return;
    this.keepAt = now;
    visit.waitUntil(
      this.clock.sleep(keepMs).then(() => {
        this.keepAt = Number.NEGATIVE_INFINITY;
        return this.keep(visit);
      }),
    );
  }

  /** An object that ends at this very moment is asked again; its next life has another desk and nothing of ours. */
  private async keep(visit: Visit): Promise<void> {
    for (let tries = 0; tries < mostTries && !this.isClosed; tries += 1) {
      try {
        await visit.keep();
        return;
      } catch {
        await this.clock.sleep(keepMs);
      }
    }
  }

  private async attend(work: Promise<unknown>, visit: Visit): Promise<void> {
    const ended = work.then(() => true);
    while (!(await Promise.race([ended, this.clock.sleep(wakeMs)]))) {
      if (this.clock.now() - this.seenAt >= wakeMs) await this.keep(visit);
    }
  }
}

function isPlain({ method, headers }: Request): boolean {
  return method === "POST" && Number(headers.get("content-length") ?? mostBytes) < mostBytes && !headers.has("content-encoding");
}
