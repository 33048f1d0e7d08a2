import { fail, ok } from "@moltworker/protocol/doctor";
import { cannotBeMade, type OutsideCheck } from "../check.ts";

export const reachable: OutsideCheck = {
  id: "reachable",
  title: "Answers",
  about: "Something answers at the address, in time.",
  async run(context) {
    const skip = cannotBeMade(context, ["name"]);
    const reached = await context.reached();
    if (skip || !reached || !context.url) return skip ?? ok("not needed");
    if ("answer" in reached || reached.broken.kind === "tls") return ok(context.url.origin);
    const { code, words } = reached.broken;
    const late = code === "ETIMEDOUT";
    const cause = late
      ? `${context.url.origin} does not answer in time`
      : `nothing answers at ${context.url.origin} (${code || words})`;
    const text = context.local
      ? "Look into the log; when it says nothing, stop the assistant and start it again."
      : "Check the address and the port, that the assistant runs there, and that no firewall stands between.";
    return fail(late ? "TIMEOUT" : "NOT_RUNNING", cause, { text, ...(context.local ? { command: "moltworker logs" } : {}) });
  },
};
