import { type Finding, fail, ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck, CheckContext } from "../check.ts";

const cure = { text: "Choose a model from the list under Settings, Models.", open: "#/settings/models" };

/** A default model that cannot answer leaves every new conversation without one. */
export const model: AssistantCheck = {
  id: "model",
  title: "Default model",
  about: "The default model's provider exists, is switched on and has a key, and the provider did not call the model unknown.",
  async run(context) {
    await context.models.settled();
    const chosen = context.config.get("agent").model;
    return (chosen === null ? undefined : refused(context, chosen)) ?? answered(context, chosen);
  },
};

/** What speaks against the owner's choice before anything is asked. */
function refused({ models, config }: CheckContext, chosen: string): Finding | undefined {
  const id = chosen.slice(0, Math.max(0, chosen.indexOf("/")));
  const provider = models.providerStatuses().find((status) => status.id === id);
  if (!provider) {
    const cause = `the default model "${chosen}" is of no provider here, so ${models.defaultModel()} answers instead`;
    return fail("MODEL_UNKNOWN", cause, cure);
  }
  if (config.get("providers")[id]?.enabled === false)
    return fail("MODEL_UNKNOWN", `the default model "${chosen}" is of ${provider.label}, which is switched off`, cure);
  if (provider.state !== "no-key") return undefined;
  const cause = `the default model "${chosen}" is of ${provider.label}, which has no key`;
  return fail("PROVIDER_KEY_MISSING", cause, {
    text: `Add a key for ${provider.label} under Settings, Models, or choose another model.`,
    open: cure.open,
  });
}

function answered({ models, db }: CheckContext, chosen: string | null): Finding {
  const ref = models.defaultModel();
  const slash = ref.indexOf("/");
  const last = db.one<{ outcome: string }>(
    "SELECT outcome FROM model_calls WHERE provider = ? AND model = ? ORDER BY started_at DESC LIMIT 1",
    ref.slice(0, slash),
    ref.slice(slash + 1),
  );
  if (last?.outcome === "MODEL_UNKNOWN")
    return fail("MODEL_UNKNOWN", `the provider does not know the default model ${ref}`, cure);
  const listed = models.listModels().some((row) => row.ref === ref);
  // Providers bring out models faster than lists learn of them: a word, not a fault.
  if (!listed) return warn("MODEL_UNKNOWN", `no list names the default model ${ref}`, cure);
  return ok(chosen === null ? `the default model is ${ref}, chosen by itself` : `the default model is ${ref}`);
}
