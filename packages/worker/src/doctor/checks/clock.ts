import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** A device's signature is refused beyond two minutes; from half a minute on it is only a matter of time. */
const limitMs = 120_000;
const noticeMs = 30_000;

export const clock: AssistantCheck = {
  id: "clock",
  title: "Clock",
  about: "The assistant's clock and that of whoever asks agree; beyond two minutes signed devices are refused.",
  run({ askerNow, clock: own }) {
    if (askerNow === undefined) return skipped("whoever asked told no time");
    const skewMs = own.now() - askerNow;
    if (Math.abs(skewMs) < noticeMs) return ok("both clocks agree");
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    const cause = `the assistant's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} this device's`;
    const cure = { text: "Set the clock of the machine that is wrong, best by NTP." };
    return (Math.abs(skewMs) > limitMs ? fail : warn)("CLOCK_SKEWED", cause, cure);
  },
};
