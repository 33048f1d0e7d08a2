/** Asks a container who it is. Only the wanted generation, by its own secret, counts as an answer. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { ContainerEngine } from "./container-engine.ts";
import type { ContainerRow } from "./container-row.ts";
import { fencedRequest, isAnswerOf } from "./fenced-request.ts";

export interface ReadyState {
  jobs: number;
}

export interface Probe {
  /** undefined when it is not the one, does not answer in time, or not at all. Never throws. */
  ask(row: ContainerRow, timeoutMs: number): Promise<ReadyState | undefined>;
  /** Asks until it answers, or it has ended. Throws CONTAINER_FAILED after the deadline. */
  until(
    row: ContainerRow,
    deadline: number,
    ended: Promise<string | undefined> | undefined,
  ): Promise<ReadyState | { ended: string | undefined }>;
}

const betweenMs = 15;
const oneAnswerMs = 2_000;

export function createProbe(engine: ContainerEngine, clock: Clock): Probe {
  async function ask(row: ContainerRow, timeoutMs: number): Promise<ReadyState | undefined> {
    if (!row.spec) return undefined;
    const work = async (late: AbortSignal) => {
      const answer = await engine.fetch(
        row.spec?.port ?? 0,
        fencedRequest(row, new Request("http://container/ready", { signal: late })),
      );
      if (!isAnswerOf(row, answer)) {
        await answer.body?.cancel();
        return undefined;
      }
      const { generation, jobs = 0 } = (await answer.json()) as { generation: number; jobs?: number };
      return generation === row.generation ? { jobs } : undefined;
    };
    // A hung process accepts the connection and says nothing: the limit holds whether or not the abort is heard.
    return withDeadline(timeoutMs, (late) =>
      Promise.race([work(late).catch(() => undefined), clock.sleep(timeoutMs).then(() => undefined)]),
    );
  }

  return {
    ask,
    async until(row, deadline, ended) {
      const end = (ended ?? new Promise<never>(() => {})).then((words) => ({ ended: words }));
      for (;;) {
        const state = await Promise.race([ask(row, oneAnswerMs), end]);
        if (state) return state;
        if (clock.now() > deadline)
          throw new MoltError("CONTAINER_FAILED", {
            message: `the container did not become ready within ${Math.round((row.spec?.startMs ?? 0) / 1_000)} seconds`,
            hint: "Read its last lines with `moltworker containers logs`.",
          });
        await clock.sleep(betweenMs);
      }
    },
  };
}
