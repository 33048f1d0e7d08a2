import * as z from "zod";
import { defineSection } from "../section.ts";

/** The assistant itself: its name, its default model and the limits of a run. */
export const agentSection = defineSection({
  name: "agent",
  schema: z
    .strictObject({
      name: z.string().min(1).max(60).describe("What the assistant is called, here and in its own prompt."),
      model: z.string().min(3).max(200).nullable().meta({
        title: "Default model",
        description: "As `provider/model`. Not set: the first provider that is ready, or the scripted demo.",
      }),
      thinking: z
        .enum(["off", "minimal", "low", "medium", "high"])
        .describe("How long a model that can think may think before it answers. A conversation can choose its own."),
      maxSteps: z.int().min(1).max(500).describe("Model calls in one run before it has to stop."),
      maxConcurrentRuns: z
        .int()
        .min(1)
        .max(64)
        .meta({ title: "Runs at the same time", description: "More than these wait for their turn." }),
      compactAt: z.number().min(0.2).max(0.95).meta({
        title: "Fold older messages at",
        description: "Share of the model's context, 0.2 to 0.95, at which older messages become a summary.",
      }),
      approvalMinutes: z.int().min(1).max(1440).describe("Minutes that an approval waits for a person before it lapses."),
    })
    .meta({ title: "Assistant", description: "Its name, its default model, and the limits of a run." }),
  defaults: {
    name: "Molt",
    model: null,
    thinking: "off",
    maxSteps: 60,
    maxConcurrentRuns: 24,
    compactAt: 0.75,
    approvalMinutes: 60,
  },
  seed: (seeds) => (seeds.MOLTWORKER_MODEL ? { model: seeds.MOLTWORKER_MODEL } : {}),
});
