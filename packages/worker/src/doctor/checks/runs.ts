import { ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck, CheckContext } from "../check.ts";

/** Longer than any single step may take. */
const stuckAfterMs = 1_800_000;
const recentMs = 86_400_000;

/** A run that moves no more, or that took the assistant down until it was given up. */
export const runs: AssistantCheck = {
  id: "runs",
  title: "Runs",
  about:
    "No run has stood still for half an hour, and none was given up within a day because it stopped the assistant again and again.",
  run(context) {
    const [stuck] = stuckRuns(context);
    if (stuck) {
      const minutes = Math.round((context.clock.now() - stuck.moved_at) / 60_000);
      return warn("TIMEOUT", `a run in ${stuck.session_key} has not moved for ${minutes} minutes (run ${stuck.id})`, {
        text: "Stop it in its conversation, then send the message again.",
        open: `#/s/${stuck.session_key}`,
      });
    }
    const [givenUp] = givenUpRuns(context);
    if (givenUp)
      return warn(
        "RUN_CRASHED",
        `a run in ${givenUp.session_key} stopped the assistant several times and was given up (run ${givenUp.id})`,
        {
          text: "Send the message in another form; the logs have the cause.",
          command: "moltworker logs -n 500",
          open: `#/s/${givenUp.session_key}`,
        },
      );
    return ok("every run moves or has ended");
  },
};

interface RunRow {
  id: string;
  session_key: string;
  moved_at: number;
}

/** While STOP is on, or while an approval waits, standing still is what was asked for. */
function stuckRuns({ db, clock, runner }: CheckContext): RunRow[] {
  if (runner.suspended) return [];
  return db.all<RunRow>(
    `SELECT id, session_key, moved_at FROM (
       SELECT r.id, r.session_key,
         max(r.created_at, coalesce(r.started_at, 0),
           coalesce((SELECT max(coalesce(s.ended_at, s.started_at)) FROM run_steps s WHERE s.run_id = r.id), 0)) AS moved_at
       FROM runs r WHERE r.state IN ('queued', 'running')
         AND NOT EXISTS (SELECT 1 FROM runs w WHERE w.session_key = r.session_key AND w.state = 'waiting'))
     WHERE moved_at < ? ORDER BY moved_at`,
    clock.now() - stuckAfterMs,
  );
}

function givenUpRuns({ db, clock }: CheckContext): RunRow[] {
  return db.all<RunRow>(
    `SELECT id, session_key, ended_at AS moved_at FROM runs
     WHERE state = 'failed' AND ended_at > ? AND json_extract(error, '$.details.code') = 'RUN_CRASHED' ORDER BY ended_at DESC LIMIT 1`,
    clock.now() - recentMs,
  );
}
