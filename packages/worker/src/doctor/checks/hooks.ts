import { fail, ok, warn } from "@moltworker/protocol/doctor";
import { hookSecretName, hookTokenName } from "../../edge/hooks/hook-auth.ts";
import { gatewayTokenName } from "../../secrets/secrets.ts";
import type { AssistantCheck } from "../check.ts";

/** A webhook without a secret does not exist, which its sender only sees as 404. */
export const hooks: AssistantCheck = {
  id: "hooks",
  title: "Webhooks",
  about: "Each webhook that is switched on has a secret, and the hook token opens nothing else.",
  run({ config, secrets }) {
    const { enabled, mappings } = config.get("hooks");
    if (!enabled) return ok("Webhooks are off");
    const token = secrets.get(hookTokenName);
    const open = { text: "Make one under Admin, Channels, Webhooks.", open: "#/admin/channels" };
    if (token !== undefined && token === secrets.get(gatewayTokenName))
      return fail("HOOK_TOKEN_INVALID", "The hook token is the gateway token, so every sender of a webhook is the owner", open);
    const bare = Object.entries(mappings).filter(
      ([name, { enabled: on, verify }]) => on && verify !== "token" && secrets.get(hookSecretName(name)) === undefined,
    );
    if (bare.length > 0)
      return warn(
        "HOOK_TOKEN_INVALID",
        `These webhooks answer 404, for they have no secret: ${bare.map(([name]) => name).join(", ")}`,
        open,
      );
    if (token === undefined) {
      const needed = Object.values(mappings).some(({ enabled: on, verify }) => on && verify === "token");
      if (needed || Object.keys(mappings).length === 0)
        return warn(
          "HOOK_TOKEN_INVALID",
          "Webhooks are on and there is no hook token, so /hooks/agent and /hooks/wake answer 404",
          open,
        );
    }
    return ok(`${Object.keys(mappings).length} webhooks of yours${token === undefined ? "" : ", and the hook token is set"}`);
  },
};
