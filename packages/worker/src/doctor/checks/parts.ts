import { fail, ok } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** A channel, a provider or a timer that threw while starting is left out, and the rest runs: this names it. */
export const parts: AssistantCheck = {
  id: "parts",
  title: "Parts",
  about: "Every part of the assistant started; one that could not is switched off and named here.",
  run({ faults }) {
    const found = faults();
    if (found.length === 0) return ok("all parts are running");
    const names = found.map(({ part, message }) => `${part} (${message})`).join("; ");
    return fail("INTERNAL", `switched off because they could not start: ${names}`.slice(0, 600), {
      text: "Correct the settings of what is named, or restore the last good snapshot; then start again.",
      open: "#/admin/snapshots",
    });
  },
};
