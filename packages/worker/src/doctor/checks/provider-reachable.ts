import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { ErrorCode } from "@moltworker/protocol/errors";
import type { AssistantCheck } from "../check.ts";

const unreachable: ReadonlySet<ErrorCode> = new Set([
  "PROVIDER_UNAVAILABLE",
  "PROVIDER_TIMEOUT",
  "PROVIDER_CUT",
  "PROVIDER_BAD_RESPONSE",
  "EGRESS_FAILED",
  "EGRESS_BLOCKED",
]);

/** The address is in the sentence: a base URL with a slip in it is the usual cause. */
export const providerReachable: AssistantCheck = {
  id: "provider-reachable",
  title: "Providers answer",
  about: "Each provider in use answers at its base URL, and what answers speaks its protocol.",
  async run(context) {
    const standings = await context.standings();
    if (standings.length === 0) return skipped("no provider is in use");
    const silent = standings.filter(
      ({ error, state }) =>
        (error && unreachable.has(error.code)) || state === "unreachable" || (state === "not-found" && error === undefined),
    );
    const worst = silent.find(({ isDefault }) => isDefault) ?? silent[0];
    if (!worst) return ok(standings.map(({ label, baseUrl }) => `${label} at ${baseUrl}`).join(", "));
    const cause = `${worst.error?.message ?? `${worst.label} does not answer`} (base URL ${worst.baseUrl})`;
    const cure = { text: `Check the base URL of ${worst.label} under Settings, Models.`, open: "#/settings/models" };
    return (worst.isDefault ? fail : warn)(worst.error?.code ?? "PROVIDER_UNAVAILABLE", cause, cure);
  },
};
