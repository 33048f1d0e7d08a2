/** What the owner may ask and change of webhooks, and what becomes of their answers. */

import { MoltError } from "@moltworker/protocol/errors";
import type { HookDeliveryRow, HookRow } from "@moltworker/protocol/hooks";
import { randomSecret } from "../../auth/digest.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import type { Transcript } from "../../sessions/transcript.ts";
import { textOf } from "../../sessions/transcript.ts";
import { hookSecretName, hookTokenName } from "./hook-auth.ts";
import type { HookStore, StoredDelivery, Target } from "./hook-store.ts";
import type { HookSettings } from "./hooks-routes.ts";

export interface Hooks {
  status(): { enabled: boolean; hasToken: boolean; hooks: HookRow[] };
  /** A new hook token, shown once; the old one is dead. */
  rotateToken(): string;
  /** Sets a mapping's secret, a made one without `secret`, which alone is shown. Throws NOT_FOUND, CONFIG_INVALID. */
  setSecret(name: string, secret?: string): string | undefined;
  deliveries(limit: number, before: string | undefined): HookDeliveryRow[];
  /** Hands the answers of ended runs to their channels; what cannot be handed on says why. */
  handOn(runId?: string): void;
}

export interface HooksServiceDeps {
  store: HookStore;
  secrets: Secrets;
  transcript: Pick<Transcript, "ofRun">;
  settings(): HookSettings;
  /** One send, once for each key; throws what the channel says. Returns the outbox row's id. */
  notify(target: Target, text: string, key: string): string;
}

export function createHooks({ store, secrets, transcript, settings, notify }: HooksServiceDeps): Hooks {
  const row = (name: string, facts: Pick<HookRow, "enabled" | "action" | "verify">): HookRow => ({
    name,
    path: `/hooks/${name}`,
    ...facts,
    hasSecret: secrets.get(facts.verify === "token" ? hookTokenName : hookSecretName(name)) !== undefined,
    lastAt: store.last(name),
  });

  function hand(delivery: StoredDelivery): void {
    const entry = transcript.ofRun(delivery.run_id ?? "").findLast((stored) => stored.entry.role === "assistant")?.entry;
    const failure = entry?.role === "assistant" ? entry.errorMessage : undefined;
    const text = failure === undefined ? (entry ? textOf(entry) : "") : `⚠️ ${failure}`;
    if (text.trim() === "") return store.handed(delivery.id, "there was no answer");
    try {
      store.handed(delivery.id, notify(JSON.parse(delivery.target ?? "null") as Target, text, delivery.id));
    } catch (thrown) {
      store.handed(delivery.id, `not delivered: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  return {
    status: () => ({
      enabled: settings().enabled,
      hasToken: secrets.get(hookTokenName) !== undefined,
      hooks: [
        row("agent", { enabled: true, action: "agent", verify: "token" }),
        row("wake", { enabled: true, action: "wake", verify: "token" }),
        ...Object.entries(settings().mappings).map(([name, mapping]) => row(name, mapping)),
      ].map((one) => ({ ...one, enabled: one.enabled && settings().enabled })),
    }),
    rotateToken() {
      const token = `hook_${randomSecret()}`;
      secrets.set(hookTokenName, token, "made");
      return token;
    },
    setSecret(name, secret) {
      const mapping = Object.hasOwn(settings().mappings, name) ? settings().mappings[name] : undefined;
      if (!mapping)
        throw new MoltError("NOT_FOUND", {
          message: `there is no webhook "${name}"`,
          hint: "Add it to hooks.mappings in the settings first.",
        });
      if (secret !== undefined) {
        secrets.set(hookSecretName(name), secret, "typed");
        return undefined;
      }
      const bytes = crypto.getRandomValues(new Uint8Array(32));
      const made = mapping.verify === "standard" ? `whsec_${btoa(String.fromCharCode(...bytes))}` : randomSecret();
      secrets.set(hookSecretName(name), made, "made");
      return made;
    },
    deliveries: (limit, before) => store.page(limit, before),
    handOn(runId) {
      const owed = runId === undefined ? store.owed() : [store.owedByRun(runId)].filter((one) => one !== undefined);
      for (const delivery of owed) hand(delivery);
    },
  };
}
