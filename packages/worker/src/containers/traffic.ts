/** Requests under way in the container that lives. When it is fenced they are cut, so that nothing late is taken for an answer. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ContainerEngine } from "./container-engine.ts";
import type { ContainerRow } from "./container-row.ts";
import { fencedRequest, generationHeader } from "./fenced-request.ts";
import { piecesOf } from "./pieces.ts";

export interface Traffic {
  /** The answer of this generation. Throws CONTAINER_STALE for anybody else's. */
  pass(row: ContainerRow, request: Request): Promise<Response>;
  open(): number;
  cut(reason: MoltError): void;
}

export function createTraffic(engine: ContainerEngine): Traffic {
  const live = new Set<AbortController>();

  return {
    open: () => live.size,
    cut(reason) {
      for (const controller of live) controller.abort(reason);
      live.clear();
    },
    async pass(row, request) {
      const controller = new AbortController();
      live.add(controller);
      const done = () => live.delete(controller);
      const cut = new Promise<never>((_, reject) =>
        controller.signal.addEventListener("abort", () => reject(controller.signal.reason)),
      );
      cut.catch(() => undefined);
      try {
        const answer = await Promise.race([engine.fetch(row.spec?.port ?? 0, fencedRequest(row, request)), cut]);
        if (answer.headers.get(generationHeader) !== String(row.generation)) {
          await answer.body?.cancel();
          throw new MoltError("CONTAINER_STALE", { message: "another generation answered, and was not heard" });
        }
        if (!answer.body) {
          done();
          return answer;
        }
        return new Response(untilCut(answer.body, cut, done), answer);
      } catch (error) {
        done();
        if (controller.signal.aborted) throw controller.signal.reason;
        throw error instanceof MoltError
          ? error
          : new MoltError("CONTAINER_STALE", { message: "the container did not answer", cause: error });
      }
    },
  };
}

/** The body, piece by piece, until its generation ends. */
function untilCut(body: ReadableStream<Uint8Array>, cut: Promise<never>, done: () => void): ReadableStream<Uint8Array> {
  const pieces = piecesOf(body);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done: ended } = await Promise.race([pieces.read(), cut]);
        if (!ended && value) return controller.enqueue(value);
        done();
        controller.close();
      } catch (error) {
        done();
        controller.error(error);
        await pieces.cancel(error);
      }
    },
    async cancel(reason) {
      done();
      await pieces.cancel(reason);
    },
  });
}
