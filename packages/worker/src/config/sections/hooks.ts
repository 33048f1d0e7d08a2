import * as z from "zod";
import { signatureForms } from "../../platform/webhook-signature.ts";
import { defineSection } from "../section.ts";

const model = z.string().min(3).max(200);

const mapping = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether this address answers."),
  verify: z
    .enum(["token", ...signatureForms])
    .default("standard")
    .meta({
      title: "Who may call",
      description: "`token`: who knows the hook token. The others: who signs with this address's own secret.",
    }),
  action: z
    .enum(["agent", "wake"])
    .default("agent")
    .describe("`agent`: a run answers it. `wake`: it is put into the conversation, and read with the next message."),
  session: z.string().max(200).default("").meta({
    title: "Conversation",
    description: "May hold `{{path}}`. Empty: one of its own, named after the address.",
  }),
  template: z
    .string()
    .min(1)
    .max(20_000)
    .describe("What the model is told; `{{path.to.field}}` stands for a value of the payload, `{{.}}` for all of it."),
  tools: z.enum(["read", "all"]).default("read").describe("What its runs may use: tools that only read, or all."),
  model: model.nullable().default(null).describe("As `provider/model`. Not set: the assistant's own."),
  deliver: z
    .strictObject({
      channel: z.string().min(1).max(40).describe("Such as `telegram`."),
      account: z.string().min(1).max(40).default("default").describe("Which of the channel's accounts."),
      to: z.string().max(200).nullable().default(null).describe("A chat's id. Not set: the owner's conversation there."),
    })
    .nullable()
    .default(null)
    .describe("Where the answer is sent. Not set: it stays in the conversation."),
});

export type HookMapping = z.infer<typeof mapping>;

/** Webhooks that come in below `/hooks/`: off until switched on, and never without a secret. */
export const hooksSection = defineSection({
  name: "hooks",
  schema: z
    .strictObject({
      enabled: z.boolean().describe("Whether anything below `/hooks/` answers."),
      maxBodyBytes: z.int().min(1_024).max(5_000_000).describe("Larger payloads are refused."),
      allowSessionKey: z.boolean().meta({
        title: "Callers may name a conversation",
        description: "For `/hooks/agent` and `/hooks/wake`.",
      }),
      tools: z.enum(["read", "all"]).describe("What runs of `/hooks/agent` and `/hooks/wake` may use."),
      mappings: z
        .record(
          z
            .string()
            .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and -")
            .refine((name) => name !== "agent" && name !== "wake", "agent and wake are taken"),
          mapping,
        )
        .meta({ title: "Addresses", description: "Each is `/hooks/<name>`." }),
    })
    .meta({ title: "Webhooks", description: "Other programs reach the assistant below `/hooks/`, never without a secret." }),
  defaults: { enabled: false, maxBodyBytes: 262_144, allowSessionKey: false, tools: "all", mappings: {} },
});
