import { fail, ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

const open = "#/settings/models";

/** Without a key there is only the demo; a refused key is a fault where it is used, and worth a word elsewhere. */
export const providerKey: AssistantCheck = {
  id: "provider-key",
  title: "Provider keys",
  about: "A model provider has a key, and no provider has refused the key that is kept (`--probe` asks each with a real call).",
  async run(context) {
    const standings = await context.standings();
    if (standings.length === 0) {
      const cure = { text: "Add a provider's key under Settings, Models.", open };
      return warn("PROVIDER_KEY_MISSING", "no model provider has a key, so the scripted demo answers", cure);
    }
    const rejected = standings.filter(({ error, state }) => state === "rejected" || error?.code === "PROVIDER_KEY_REJECTED");
    const worst = rejected.find(({ isDefault }) => isDefault) ?? rejected[0];
    if (!worst) return ok(`${standings.map(({ label }) => label).join(", ")}: no key was refused`);
    const cause = worst.error?.message ?? `${worst.label} rejected the key`;
    const cure = { text: `Type a valid key for ${worst.label} under Settings, Models.`, open };
    return (worst.isDefault ? fail : warn)("PROVIDER_KEY_REJECTED", cause, cure);
  },
};
