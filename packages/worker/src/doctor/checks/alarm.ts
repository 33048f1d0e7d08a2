import { fail, ok } from "@moltworker/protocol/doctor";
import type { AssistantCheck, CheckContext } from "../check.ts";

const lateMs = 120_000;

/** Everything that happens by time hangs on one alarm; work that is long overdue means that it does not ring. */
export const alarm: AssistantCheck = {
  id: "alarm",
  title: "Timers",
  about: "No timer is overdue by more than two minutes.",
  run(context) {
    const [first] = overdue(context);
    if (!first) return ok("no timer is overdue");
    const minutes = Math.round((context.clock.now() - first.due_at) / 60_000);
    const cure = { text: "Set the alarm anew.", command: "moltworker doctor --fix" };
    return fail("TIMEOUT", `the timer "${first.name}" is overdue by ${minutes} minutes`, cure, true);
  },
  fix(context) {
    context.rearm();
    return "the alarm was set anew; what is overdue runs at once";
  },
};

function overdue({ db, clock }: CheckContext): { name: string; due_at: number }[] {
  return db.all("SELECT name, due_at FROM timers WHERE due_at < ? ORDER BY due_at", clock.now() - lateMs);
}
