/**
 * OpenClaw's settings as far as the assistant decides them. `managed` always holds; `defaults` stand where the home says
 * nothing. What only the container knows (port, proofs) is added inside.
 */

import type { ModelRow } from "@moltworker/protocol/rows";

export interface GatewayConfig {
  managed: Record<string, unknown>;
  defaults: Record<string, unknown>;
}

/** Where the gateway answers, at our address and at its own: its pages must name the same. */
const hostedPath = "/openclaw";

const provider = "moltworker";
/** Offered by the assistant itself, not by a company: it has no address. */
const withoutAddress = new Set(["demo"]);

export function gatewayConfig(models: readonly ModelRow[], defaultModel: string, own: Record<string, unknown>): GatewayConfig {
  const offered = models.filter((model) => model.available && !withoutAddress.has(model.provider));
  const primary = offered.find(({ ref }) => ref === defaultModel) ?? offered[0];
  return {
    managed: {
      ...own,
      gateway: { ...record(own.gateway), controlUi: { ...record(record(own.gateway).controlUi), basePath: hostedPath } },
      update: { ...record(own.update), checkOnStart: false },
      models: {
        ...record(own.models),
        mode: "merge",
        providers: {
          ...record(record(own.models).providers),
          [provider]: {
            baseUrl: "http://127.0.0.1:MODEL_WAY_PORT/ai/v1",
            // No key: whoever comes this way is known by its network.
            apiKey: "none",
            api: "openai-completions",
            models: offered.map(({ ref, name, contextWindow, maxOutputTokens, input, reasoning }) => ({
              id: ref,
              name,
              contextWindow,
              maxTokens: maxOutputTokens,
              input,
              reasoning,
            })),
          },
        },
      },
    },
    defaults: primary ? { agents: { defaults: { model: { primary: `${provider}/${primary.ref}` } } } } : {},
  };
}

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
