import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** An account without credit answers nothing; a limit passes by itself. */
export const providerQuota: AssistantCheck = {
  id: "provider-quota",
  title: "Provider credit and limits",
  about: "No provider in use has run out of credit or is limiting requests.",
  async run(context) {
    const standings = await context.standings();
    if (standings.length === 0) return skipped("no provider is in use");
    const open = "#/settings/models";
    const spent = standings.find(({ error }) => error?.code === "PROVIDER_QUOTA");
    if (spent?.error) {
      const cure = { text: spent.error.hint, open };
      return (spent.isDefault ? fail : warn)("PROVIDER_QUOTA", spent.error.message, cure);
    }
    const limited = standings.find(({ error }) => error?.code === "PROVIDER_RATE_LIMITED");
    if (limited?.error) return warn("PROVIDER_RATE_LIMITED", limited.error.message, { text: limited.error.hint, open });
    return ok("no provider reported a limit or a lack of credit");
  },
};
