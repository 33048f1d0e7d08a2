import * as z from "zod";
import { defineSection } from "../section.ts";

/** The assistant itself: its name, its default model and the limits of a run. */
export const agentSection = defineSection({
  name: "agent",
  schema: z.strictObject({
    name: z.string().min(1).max(60),
    /** `provider/model`; null chooses the first ready provider, or the demo. */
    model: z.string().min(3).max(200).nullable(),
    thinking: z.enum(["off", "minimal", "low", "medium", "high"]),
    /** Model steps in one run before it must stop. */
    maxSteps: z.int().min(1).max(500),
    maxConcurrentRuns: z.int().min(1).max(64),
    /** Share of the model's context at which older messages are folded into a summary. */
    compactAt: z.number().min(0.2).max(0.95),
    /** Minutes that an approval waits for a person. */
    approvalMinutes: z.int().min(1).max(1440),
  }),
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
