import { fail, ok } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** Pressed on purpose, forgotten by accident. Only a person lifts it. */
export const stop: AssistantCheck = {
  id: "stop",
  title: "STOP",
  about: "STOP is off, so runs and tools may start.",
  run({ runner }) {
    if (!runner.suspended) return ok("STOP is off");
    const cure = { text: "Press Resume under Admin, Access.", open: "#/admin/access" };
    return fail("SUSPENDED", "STOP is on: no run or tool may start", cure);
  },
};
