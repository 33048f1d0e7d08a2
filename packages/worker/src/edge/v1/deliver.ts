/** Hands an answer out, whole or as it grows, and decides what becomes of the run when nobody listens any more. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../../platform/clock.ts";
import type { Runner } from "../../runs/runner.ts";
import { json } from "../answers.ts";
import { type Answer, type AnswerDeps, followAnswer } from "./answer.ts";
import { createEventStream } from "./event-stream.ts";
import type { Reply } from "./reply.ts";
import type { StoredRequest } from "./request-store.ts";

/**
 * `auto`: a run whose answer nobody could ever read stops, and one that can be asked for again by its Idempotency-Key goes
 * on. `stop` and `finish` hold for all.
 */
export type OnDisconnect = "auto" | "stop" | "finish";

export interface DeliverDeps extends AnswerDeps {
  runner: Pick<Runner, "inFlight" | "abort">;
  clock: Clock;
  settings(): { onDisconnect: OnDisconnect; answerTimeoutSeconds: number };
}

export interface Delivery {
  request: StoredRequest;
  reply: Reply;
  stream: boolean;
  headers: Record<string, string>;
  /** The client went away before it had its answer. */
  gone: AbortSignal;
  /** Called once the answer is out or its client is gone. */
  release(): void;
}

export type Deliver = (delivery: Delivery) => Promise<Response>;

export function createDeliver(deps: DeliverDeps): Deliver {
  /** How many wait for each run. */
  const waiting = new Map<string, number>();

  const enter = ({ request, release }: Delivery): ((clientIsGone: boolean) => void) => {
    waiting.set(request.id, (waiting.get(request.id) ?? 0) + 1);
    return (clientIsGone) => {
      release();
      const left = (waiting.get(request.id) ?? 1) - 1;
      if (left > 0) return void waiting.set(request.id, left);
      waiting.delete(request.id);
      if (clientIsGone && mayStop(deps.settings().onDisconnect, request))
        deps.runner.abort({ sessionKey: request.session_key, runId: request.id }, "the client went away");
    };
  };

  function streamed(delivery: Delivery): Response {
    const { request, reply, headers } = delivery;
    const leave = enter(delivery);
    let unfollow = () => {};
    const out = createEventStream(headers, () => {
      unfollow();
      leave(true);
    });
    const writer = reply.stream(request, out);
    const following = followAnswer(deps, request.id, request.session_key, (delta) => writer.text(delta));
    unfollow = following.leave;
    void following.ended.then((answer) => {
      writer.end(answer);
      out.close();
      leave(false);
    });
    return out.response;
  }

  async function whole(delivery: Delivery): Promise<Response> {
    const { request, reply, headers, gone } = delivery;
    const leave = enter(delivery);
    const following = followAnswer(deps, request.id, request.session_key, () => {});
    const answer = await within(following.ended, deps.settings().answerTimeoutSeconds * 1_000, gone, deps.clock);
    following.leave();
    leave(answer === undefined);
    if (!answer) throw tooLate(request);
    return json(reply.whole(request, answer), { headers });
  }

  return async (delivery) => {
    if (!deps.runs.get(delivery.request.id)) {
      delivery.release();
      throw new MoltError("NOT_FOUND", { message: "this run is no longer here" });
    }
    return delivery.stream ? streamed(delivery) : whole(delivery);
  };
}

/** Under `auto` only what nobody can ask for again is stopped. */
function mayStop(onDisconnect: OnDisconnect, request: StoredRequest): boolean {
  if (request.background === 1 || onDisconnect === "finish") return false;
  return onDisconnect === "stop" || request.keyed === 0;
}

/** undefined: it is not there in time, or nobody waits for it any more. */
async function within(ended: Promise<Answer>, timeoutMs: number, gone: AbortSignal, clock: Clock): Promise<Answer | undefined> {
  const patience = new AbortController();
  const leave = () => patience.abort(new Error("the client went away"));
  if (gone.aborted) leave();
  gone.addEventListener("abort", leave);
  const late = clock.sleep(timeoutMs, patience.signal).then(
    () => undefined,
    () => undefined,
  );
  const first = await Promise.race([ended, late]);
  gone.removeEventListener("abort", leave);
  patience.abort(new Error("answered"));
  return first;
}

function tooLate(request: StoredRequest): MoltError {
  return new MoltError("TIMEOUT", {
    message: "the answer was not ready in time",
    hint:
      request.keyed === 1
        ? "Ask again with the same Idempotency-Key for the answer."
        : "Stream the answer, or send an Idempotency-Key and ask again with it; httpApi.answerTimeoutSeconds is the limit.",
  });
}
