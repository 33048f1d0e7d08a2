import { fail, ok } from "@moltworker/protocol/doctor";
import { cannotBeMade, type OutsideCheck } from "../check.ts";

export const name: OutsideCheck = {
  id: "name",
  title: "Host name",
  about: "The host name of the address resolves.",
  async run(context) {
    const reached = await context.reached();
    const skip = cannotBeMade(context, []);
    if (skip || !reached || !context.url) return skip ?? ok("not needed");
    if (!("broken" in reached) || reached.broken.kind !== "name") return ok(context.url.hostname);
    const cause = `the name ${context.url.hostname} does not resolve (${reached.broken.code})`;
    return fail("NAME_NOT_FOUND", cause, {
      text: "Check the spelling of the address, its DNS record, and this machine's network.",
    });
  },
};
