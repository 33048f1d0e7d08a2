import { fail, ok, skipped } from "@moltworker/protocol/doctor";
import { moltErrorFrom } from "@moltworker/protocol/errors";
import { cloudflareKeyId, managedFrom, managedHeaders } from "../../ai-gateway/managed.ts";
import { providerKeyName } from "../../secrets/secrets.ts";
import type { AssistantCheck } from "../check.ts";

/** With Cloudflare's gateway set, every model call depends on its address and its token. */
export const managedGateway: AssistantCheck = {
  id: "managed-gateway",
  title: "Cloudflare's AI Gateway",
  about: "When Cloudflare's AI Gateway is set, it is reached and takes the token.",
  async run({ config, secrets, egress, probe }) {
    const managed = managedFrom(config.get("gateway"), secrets.get(providerKeyName(cloudflareKeyId)));
    if (!managed) return skipped("calls go straight to the providers");
    if (!probe) return ok("Cloudflare's AI Gateway is set; a probe asks it");
    const open = "#/settings/models";
    const init = { method: "POST", headers: { ...managedHeaders(managed), "content-type": "application/json" }, body: "[]" };
    try {
      const response = await egress.fetch(managed.base, init, {
        named: managed.named,
        firstByteTimeoutMs: 10_000,
        maxBytes: 100_000,
      });
      const text = await response.text();
      if (response.status === 401 || /"(internalCode|code)":\s*2009\b/.test(text))
        return fail("PROVIDER_KEY_REJECTED", "AI Gateway unauthorised: Cloudflare's gateway does not take the token", {
          text: "Make a token with the permission AI Gateway Run at Cloudflare and keep it as the key of the provider cloudflare.",
          open,
        });
      if (/"(internalCode|code)":\s*2001\b/.test(text))
        return fail("NOT_FOUND", "Cloudflare has no gateway of the name that is set", {
          text: "Correct gateway.cloudflare in the settings.",
          open,
        });
      return ok("Cloudflare's AI Gateway answers and takes the token");
    } catch (thrown) {
      const { message } = moltErrorFrom(thrown);
      return fail("EGRESS_FAILED", `Cloudflare's AI Gateway is not reached: ${message}`, {
        text: "Check gateway.cloudflare in the settings and the network, or set gateway.mode to embedded.",
        open,
      });
    }
  },
};
