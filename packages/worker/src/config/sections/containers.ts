import * as z from "zod";
import { defineSection } from "../section.ts";

const host = z
  .string()
  .max(253)
  .regex(/^(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+)$/, "a name such as github.com, *.npmjs.org, or * for every public address");

const credential = z.strictObject({
  host: z
    .string()
    .max(253)
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "one name such as api.github.com")
    .describe("As commands name it, with http:// in front."),
  header: z
    .string()
    .max(60)
    .regex(/^[a-z][a-z0-9-]*$/, "the name of a header, in small letters")
    .default("authorization")
    .describe("The header that carries it."),
  scheme: z
    .enum(["Bearer", "Basic", "none"])
    .default("Bearer")
    .describe("What stands before the value. `Basic`: the value is `user:password`."),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ title: "Where it is", description: "When not at https:// and its name: such as a server of your own network." }),
});

/** The sandbox in which tools find a real Linux: how large it may be, and what it may reach. */
export const containersSection = defineSection({
  name: "containers",
  schema: z
    .strictObject({
      enabled: z.boolean().describe("Whether tools may use a container. Off: they use what the built-in shell can."),
      memoryMiB: z.int().min(256).max(65_536).meta({ title: "Memory (MiB)", description: "Of the whole container." }),
      cpus: z.number().min(0.1).max(64).meta({ title: "Processors", description: "Parts of one count: 0.5 is half." }),
      processes: z.int().min(32).max(4_096).describe("Processes and threads together."),
      diskMiB: z
        .int()
        .min(64)
        .max(65_536)
        .meta({ title: "Disk (MiB)", description: "Room for files; on one machine it is part of the memory." }),
      idleMinutes: z.int().min(1).max(1_440).describe("Minutes without a command after which it sleeps."),
      allow: z.array(host).max(200).meta({
        title: "May reach",
        description: "Names such as `github.com` or `*.npmjs.org`, over http and https. None: it reaches nothing.",
      }),
      credentials: z
        .array(credential)
        .max(40)
        .refine((rules) => new Set(rules.map(({ host }) => host)).size === rules.length, "each host once")
        .meta({
          title: "Credentials on the way out",
          description: "Hosts that commands ask by http://; the assistant adds the header and goes on by https.",
        }),
    })
    .meta({
      title: "Containers",
      description: "The Linux in which tools run programs: how large it may be, and what it may reach.",
    }),
  defaults: {
    enabled: true,
    memoryMiB: 2_048,
    cpus: 2,
    processes: 256,
    diskMiB: 1_024,
    idleMinutes: 10,
    allow: [],
    credentials: [],
  },
});
