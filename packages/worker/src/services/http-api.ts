/** The OpenAI-compatible API, put together. */

import { forgetRequest } from "../edge/v1/forget.ts";
import { createRequestStore } from "../edge/v1/request-store.ts";
import { type V1Deps, v1Routes } from "../edge/v1/v1-routes.ts";
import type { Alarm } from "../schedule/alarm.ts";
import type { Part } from "./part.ts";

const pruneMs = 3_600_000;
const prunedAtOnce = 500;

type Given = Omit<V1Deps, "requests" | "forget"> & {
  /** Read when it is needed: the alarm is made after its parts. */
  alarm(): Alarm;
};

export function createHttpApi(given: Given): Part {
  const { db, clock, sessions, blobs, log, runner } = given;
  const requests = createRequestStore(db, clock);
  const forget = { db, requests, sessions, blobs };
  const prune = async () => {
    for (const request of requests.expired(prunedAtOnce)) {
      runner.abort({ sessionKey: request.session_key, runId: request.id }, "its time is over");
      await forgetRequest(forget, request);
    }
    given.alarm().set("http-api", clock.now() + pruneMs);
  };
  return {
    routes: v1Routes({
      ...given,
      requests,
      forget: async (request) => {
        runner.abort({ sessionKey: request.session_key, runId: request.id }, "deleted by the client");
        await forgetRequest(forget, request);
      },
    }),
    timers: { "http-api": prune },
    wake() {
      // A client whose connection ended with the earlier life cannot read what has no key and no lasting conversation.
      for (const request of requests.open()) {
        if (request.once === 0 || request.keyed === 1 || request.background === 1) continue;
        const runIds = runner.abort(
          { sessionKey: request.session_key, runId: request.id },
          "the client went away with a restart",
        );
        log.info("http-api.unread-run-stopped", { runIds });
      }
      given.alarm().ensure("http-api", clock.now() + pruneMs);
    },
  };
}
