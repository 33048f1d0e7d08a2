import * as z from "zod";
import { openClawVersions } from "../../containers/moltbot/versions.ts";
import { defineSection } from "../section.ts";

/** What answers: this product's own engine, or an unmodified OpenClaw that it hosts in a container. */
export const assistantSection = defineSection({
  name: "assistant",
  schema: z.strictObject({
    engine: z.enum(["moltworker", "moltbot"]),
    /** How a hosted OpenClaw is run. */
    moltbot: z.strictObject({
      version: z.enum(openClawVersions),
      memoryMiB: z.int().min(1_024).max(65_536),
      cpus: z.number().min(0.25).max(64),
      processes: z.int().min(64).max(4_096),
      /** Room for its home; on one machine it is part of the memory. */
      diskMiB: z.int().min(128).max(65_536),
      /** Minutes without its owner until it sleeps; 0 never: its own schedules run only while it does. */
      idleMinutes: z.int().min(0).max(10_080),
      /** Settings in OpenClaw's own words, laid over its home's. Where they and ours differ, ours hold. */
      config: z.record(z.string().max(100), z.json()),
    }),
  }),
  defaults: {
    engine: "moltworker" as "moltworker" | "moltbot",
    moltbot: {
      version: openClawVersions[0] as (typeof openClawVersions)[number],
      memoryMiB: 4_096,
      cpus: 2,
      processes: 512,
      diskMiB: 1_024,
      idleMinutes: 0,
      config: {},
    },
  },
});
