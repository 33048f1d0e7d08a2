import * as z from "zod";
import { signatureForms } from "../../platform/webhook-signature.ts";
import { defineSection } from "../section.ts";

const model = z.string().min(3).max(200);

const mapping = z.strictObject({
  enabled: z.boolean().default(true),
  /** `token`: the hook token. The others: a signature made with this mapping's own secret. */
  verify: z.enum(["token", ...signatureForms]).default("standard"),
  /** `agent`: a run answers it. `wake`: it is put into the conversation, and read with the next message. */
  action: z.enum(["agent", "wake"]).default("agent"),
  /** Conversation; may hold `{{path}}`. Empty: one of its own, named after the mapping. */
  session: z.string().max(200).default(""),
  /** What the model is told; `{{path.to.field}}` stands for a value of the payload, `{{.}}` for all of it. */
  template: z.string().min(1).max(20_000),
  /** What its runs may use: tools that only read, or all. */
  tools: z.enum(["read", "all"]).default("read"),
  model: model.nullable().default(null),
  /** Where the answer is sent. */
  deliver: z
    .strictObject({
      channel: z.string().min(1).max(40),
      account: z.string().min(1).max(40).default("default"),
      /** A chat's id; null is the owner's conversation there. */
      to: z.string().max(200).nullable().default(null),
    })
    .nullable()
    .default(null),
});

export type HookMapping = z.infer<typeof mapping>;

/** Webhooks that come in below `/hooks/`: off until switched on, and never without a secret. */
export const hooksSection = defineSection({
  name: "hooks",
  schema: z.strictObject({
    enabled: z.boolean(),
    maxBodyBytes: z.int().min(1_024).max(5_000_000),
    /** `/hooks/agent` and `/hooks/wake` may name a conversation. */
    allowSessionKey: z.boolean(),
    /** What runs of `/hooks/agent` and `/hooks/wake` may use. */
    tools: z.enum(["read", "all"]),
    /** `/hooks/<name>`. */
    mappings: z.record(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and -")
        .refine((name) => name !== "agent" && name !== "wake", "agent and wake are taken"),
      mapping,
    ),
  }),
  defaults: { enabled: false, maxBodyBytes: 262_144, allowSessionKey: false, tools: "all", mappings: {} },
});
