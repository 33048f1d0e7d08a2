import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import { cannotBeMade, type OutsideCheck } from "../check.ts";

/** A device's signature is refused beyond two minutes; the header counts whole seconds. */
const limitMs = 120_000;
const noticeMs = 30_000;

export const date: OutsideCheck = {
  id: "date",
  title: "Clock of the server",
  about: "The `Date` header of the answer agrees with this machine's clock; without one the assistant compares its own.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls", "access", "product"]);
    const reached = await context.reached();
    if (skip || !reached || "broken" in reached) return skip ?? ok("not needed");
    const { headers, atMs } = reached.answer;
    const said = Date.parse(headers.date ?? "");
    if (Number.isNaN(said)) return skipped("the answer has no Date header");
    const skewMs = said - atMs;
    if (Math.abs(skewMs) < noticeMs) return ok("both clocks agree");
    const cause = `the server's clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? "ahead of" : "behind"} this machine's`;
    const cure = { text: "Set the clock of the machine that is wrong, best by NTP." };
    return (Math.abs(skewMs) > limitMs ? fail : warn)("CLOCK_SKEWED", cause, cure);
  },
};
