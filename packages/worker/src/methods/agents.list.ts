import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { defaultAgentId } from "../sessions/session-key.ts";

/** One deployment's agents; today the one. */
export const agentsList = defineMethod<"agents.list">({
  name: "agents.list",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, { config, models }) {
    const { name } = config.get("agent");
    return {
      defaultId: defaultAgentId,
      mainKey: "main",
      scope: "per-sender",
      agents: [
        {
          id: defaultAgentId,
          name,
          identity: { name },
          workspace: "sqlite:workspace",
          model: { primary: models.defaultModel() },
        },
      ],
    };
  },
});
