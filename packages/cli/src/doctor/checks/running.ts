import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { OutsideCheck } from "../check.ts";

const reasons = ["workerd", "data-folder", "database", "port", "lock"];

/** Last of the local ones: when something above hinders a start, that is the fault to name. */
export const running: OutsideCheck = {
  id: "running",
  title: "Running",
  about: "An assistant runs on the data folder.",
  run({ local, failed }) {
    if (!local) return skipped("the assistant runs elsewhere");
    if (local.run) return ok(`process ${local.run.supervisor.pid} since ${local.run.startedAt}`);
    if (local.holder)
      return warn("UNAVAILABLE", `the assistant (pid ${local.holder.pid}) is still starting`, { text: "Ask again in a moment." });
    const reason = reasons.find((id) => failed.has(id));
    if (reason) return skipped(`see ${reason}`);
    return fail("NOT_RUNNING", `no assistant runs on ${local.folder.path}`, { text: "Start it.", command: "npm start" });
  },
};
