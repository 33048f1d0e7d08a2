import { type Finding, fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { ErrorCode } from "@moltworker/protocol/errors";
import type { AssistantCheck } from "../check.ts";

const dayMs = 86_400_000;
const open = "#/admin/snapshots";

/** A backup that was never restored is a hope: only proved ones count, and the newest must not be old. */
export const snapshots: AssistantCheck = {
  id: "snapshots",
  title: "Snapshots",
  about: "A recent snapshot was restored into a scratch object and proved; none is damaged, none waits for an answer.",
  async run({ snapshots: store, config, clock }): Promise<Finding> {
    const { error, snapshots, shrink, jobs, nextAt } = await store.state();
    if (error) return fail(error.code as ErrorCode, `snapshots cannot be kept: ${error.message}`, { text: error.hint, open });
    if (shrink)
      return warn("CONFLICT", "the last snapshot is much smaller than the one before; older ones are kept until you answer", {
        text: "Look at what is missing, then keep it or drop it.",
        open,
      });
    const [damaged] = snapshots.filter(({ state }) => state === "damaged");
    const good = snapshots.find(({ state }) => state === "verified");
    const failed = jobs.find(({ kind, state }) => kind === "create" && (state === "done" || state === "failed"));
    if (failed?.state === "failed")
      return fail("SNAPSHOT_STORE", `the last snapshot was not made: ${failed.outcome}`.slice(0, 400), {
        text: "Correct what is named, then make one.",
        open,
      });
    if (damaged && (!good || damaged.createdAt > good.createdAt))
      return warn("SNAPSHOT_DAMAGED", `a snapshot is damaged: ${damaged.error}`.slice(0, 400), {
        text: good ? "Make a new one; the last good one is kept." : "Make a new one now.",
        open,
      });
    if (config.get("snapshots").everyHours === 0 && !good) return skipped("snapshots are switched off in the settings");
    // A new assistant has had no time for one: that is no fault.
    if (snapshots.length === 0 && nextAt !== null && nextAt > clock.now()) return skipped("the first one is not due yet");
    if (!good) return warn("NOT_FOUND", "no snapshot has been proved yet", { text: "Make one now; it takes seconds.", open });
    const age = clock.now() - good.createdAt;
    const words = `the newest proved one is ${age < dayMs ? `${Math.floor(age / 3_600_000)} hours` : `${Math.floor(age / dayMs)} days`} old`;
    // One by schedule is left out while nothing changes, so only a proof that is days old is a finding.
    const checked = Math.max(good.createdAt, ...jobs.map(({ state, endedAt }) => (state === "done" ? (endedAt ?? 0) : 0)));
    if (config.get("snapshots").everyHours > 0 && clock.now() - checked > 3 * dayMs)
      return warn("NOT_FOUND", words, { text: "Make one now, and look why the schedule made none.", open });
    return ok(words);
  },
};
