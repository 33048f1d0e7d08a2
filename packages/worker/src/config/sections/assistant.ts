import * as z from "zod";
import { openClawVersions } from "../../containers/moltbot/versions.ts";
import { defineSection } from "../section.ts";

/** What answers: this product's own engine, or an unmodified OpenClaw that it hosts in a container. */
export const assistantSection = defineSection({
  name: "assistant",
  schema: z
    .strictObject({
      engine: z
        .enum(["moltworker", "moltbot"])
        .describe("`moltworker`: this assistant itself. `moltbot`: an unmodified OpenClaw, hosted in a container."),
      moltbot: z
        .strictObject({
          version: z.enum(openClawVersions).describe("Changed behind a copy of its home, so that the way back is open."),
          memoryMiB: z.int().min(1_024).max(65_536).meta({ title: "Memory (MiB)", description: "Of its container." }),
          cpus: z.number().min(0.25).max(64).meta({ title: "Processors", description: "Parts of one count: 0.5 is half." }),
          processes: z.int().min(64).max(4_096).describe("Processes and threads together."),
          diskMiB: z.int().min(128).max(65_536).meta({
            title: "Disk (MiB)",
            description: "Room for its home; on one machine it is part of the memory.",
          }),
          idleMinutes: z
            .int()
            .min(0)
            .max(10_080)
            .describe("Minutes without its owner until it sleeps; 0 never: its own schedules run only while it is awake."),
          config: z.record(z.string().max(100), z.json()).meta({
            title: "OpenClaw's own settings",
            description: "In its own words, laid over its home's. Where they and ours differ, ours hold.",
          }),
        })
        .meta({ title: "Hosted OpenClaw", description: "How it is run, when it is the engine." }),
    })
    .meta({ title: "Engine", description: "What answers: this product itself, or an unmodified OpenClaw that it hosts." }),
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
