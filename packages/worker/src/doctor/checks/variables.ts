import { ok, warn } from "@moltworker/protocol/doctor";
import { ignoredVariables } from "../../auth/ignored-variables.ts";
import { foreignKeyKind, kindOfSecret } from "../../secrets/secret-shape.ts";
import type { AssistantCheck, CheckContext } from "../check.ts";

/** More than these would hide each other. */
const SAID_AT_ONCE = 4;
const tokenVariables = ["MOLTBOT_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_TOKEN", "CLAWDBOT_GATEWAY_TOKEN"] as const;

/** Variables are where a secret lands in the wrong field; none of them is ever repeated here. */
export const variables: AssistantCheck = {
  id: "variables",
  title: "Variables of the environment",
  about: "No variable holds a secret of another kind or an address that is none, and none is set that does nothing here.",
  run(context) {
    const troubles = [
      ...misplacedTokens(context),
      ...misplacedKeys(context),
      ...badAddresses(context),
      ...ignoredVariables(context.seeds, context.unusedVariables),
    ];
    const padded = context.paddedVariables.join(", ");
    const said = troubles.slice(0, SAID_AT_ONCE);
    if (said.length === 0)
      return ok(`each variable that is set has its place${padded && `; white space around ${padded} was removed`}`);
    const more = troubles.length > said.length ? ` (and ${troubles.length - said.length} more)` : "";
    return warn("CONFIG_INVALID", `${said.map(({ cause }) => cause).join("; ")}${more}`, {
      text: said.map(({ cure }) => cure).join(" "),
    });
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
        const kind = value === undefined ? undefined : foreignKeyKind(id, value);
        if (!kind) return [];
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
