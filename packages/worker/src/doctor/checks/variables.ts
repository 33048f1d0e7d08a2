import { ok, warn } from "@moltworker/protocol/doctor";
import { ignoredVariables } from "../../auth/ignored-variables.ts";
import { kindOfSecret } from "../../auth/secret-shape.ts";
import type { AssistantCheck, CheckContext } from "../check.ts";

const tokenVariables = ["MOLTBOT_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_TOKEN", "CLAWDBOT_GATEWAY_TOKEN"] as const;

/** Whose key each recognisable shape is; a key without an owner here belongs in no provider's field. */
const ownerOfKind: Readonly<Record<string, string>> = {
  "an Anthropic API key": "anthropic",
  "an OpenRouter API key": "openrouter",
  "an xAI API key": "xai",
  "a Groq API key": "groq",
  "a Google API key": "google",
};
const foreignKinds: ReadonlySet<string> = new Set([
  "a Telegram bot token",
  "a Slack token",
  "a GitHub token",
  "a signed identity token (JWT)",
  "a Discord bot token",
]);

/** Variables are where a secret lands in the wrong field; none of them is ever repeated here. */
export const variables: AssistantCheck = {
  id: "variables",
  title: "Variables of the environment",
  about: "No variable holds a secret of another kind or an address that is none, and none is set that does nothing here.",
  run(context) {
    const [first, ...more] = [
      ...misplacedTokens(context),
      ...misplacedKeys(context),
      ...badAddresses(context),
      ...ignoredVariables(context.seeds),
    ];
    if (!first) return ok("each variable that is set has its place");
    return warn("CONFIG_INVALID", `${first.cause}${more.length > 0 ? ` (and ${more.length} more)` : ""}`, { text: first.cure });
  },
};

interface Trouble {
  cause: string;
  cure: string;
}

function misplacedTokens({ seeds }: CheckContext): Trouble[] {
  return tokenVariables.flatMap((name) => {
    const kind = seeds[name] === undefined ? undefined : kindOfSecret(seeds[name]);
    if (!kind) return [];
    const cure = `Give ${name} a value of its own (or leave it out: one is made), and keep the other secret in its own field.`;
    return [{ cause: `the gateway token looks like ${kind}: another secret was put into its field`, cure }];
  });
}

function misplacedKeys({ seeds, providers }: CheckContext): Trouble[] {
  const values: Readonly<Record<string, string | undefined>> = seeds;
  return providers
    .filter(({ id }) => id !== "openai-compatible")
    .flatMap(({ id, keyVariables }) =>
      keyVariables.flatMap((name) => {
        const value = values[name];
        const kind = value === undefined ? undefined : kindOfSecret(value);
        if (!kind || ownerOfKind[kind] === id || !(kind in ownerOfKind || foreignKinds.has(kind))) return [];
        return [{ cause: `${name} holds ${kind}`, cure: `Put the right key into ${name}, and this one where it belongs.` }];
      }),
    );
}

function badAddresses({ seeds, providers }: CheckContext): Trouble[] {
  const values: Readonly<Record<string, string | undefined>> = seeds;
  return providers.flatMap(({ baseUrlVariable: name }) => {
    const value = name === undefined ? undefined : values[name];
    if (name === undefined || value === undefined || name === "OLLAMA_HOST" || URL.canParse(value)) return [];
    return [
      { cause: `${name} is not an address, so it was left out`, cure: `Give ${name} a whole address, such as https://host/v1.` },
    ];
  });
}
