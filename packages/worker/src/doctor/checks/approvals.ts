import { ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** Not a fault, but often the reason why nothing happens. */
export const approvals: AssistantCheck = {
  id: "approvals",
  title: "Approvals",
  about: "No tool call waits for a person's decision.",
  run({ approvals: waiting }) {
    const pending = waiting.pending();
    const [first] = pending;
    if (!first) return ok("nothing waits for a decision");
    const count = pending.length === 1 ? "a tool call waits" : `${pending.length} tool calls wait`;
    return warn("UNAVAILABLE", `${count} for your decision, the oldest in ${first.request.sessionKey}`, {
      text: "Allow or refuse it in its conversation.",
      open: `#/s/${first.request.sessionKey}`,
    });
  },
};
