import * as z from "zod";
import { defineSection } from "../section.ts";

const host = z
  .string()
  .max(253)
  .regex(/^(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+)$/, "a name such as github.com, *.npmjs.org, or * for every public address");

/** The sandbox in which tools find a real Linux: how large it may be, and what it may reach. */
export const containersSection = defineSection({
  name: "containers",
  schema: z.strictObject({
    enabled: z.boolean(),
    memoryMiB: z.int().min(256).max(65_536),
    cpus: z.number().min(0.1).max(64),
    /** Processes and threads together. */
    processes: z.int().min(32).max(4_096),
    /** Room for files; on one machine it is part of the memory. */
    diskMiB: z.int().min(64).max(65_536),
    idleMinutes: z.int().min(1).max(1_440),
    /** Names that it may reach, over http and https. Nothing at first. */
    allow: z.array(host).max(200),
  }),
  defaults: { enabled: true, memoryMiB: 2_048, cpus: 2, processes: 256, diskMiB: 1_024, idleMinutes: 10, allow: [] },
});
