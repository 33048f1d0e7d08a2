import { dmPolicies, groupPolicies } from "@moltworker/protocol/channels";
import * as z from "zod";
import { defineSection } from "../section.ts";

const id = z.string().trim().min(1).max(100);
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "must be lower-case letters, digits, - and _");

const account = z.strictObject({
  enabled: z.boolean().default(true).describe("Off: nothing is heard and nothing is sent."),
  dmPolicy: z
    .enum(dmPolicies)
    .default("pairing")
    .meta({ title: "Private messages", description: "Who may write: after pairing, only those below, everyone, or nobody." }),
  allowFrom: z
    .array(id)
    .max(1_000)
    .default([])
    .meta({ title: "Let in", description: "The provider's own ids, as guests; `*` is everyone when the policy is `open`." }),
  owners: z.array(id).max(50).default([]).describe("Ids that are you: they may do what the owner may in a conversation."),
  groupPolicy: z.enum(groupPolicies).default("allowlist").describe("Which groups are heard: those below, all, or none."),
  groups: z
    .record(
      id,
      z.strictObject({
        enabled: z.boolean().default(true).describe("Off: this group is not heard."),
        requireMention: z.boolean().optional().describe("Answer only when named or answered to. Not set: as the account says."),
        allowFrom: z.array(id).max(1_000).optional().describe("Only these people are heard. Not set: everyone there."),
        audience: z
          .enum(["owner", "everyone"])
          .default("everyone")
          .describe("`owner`: only you are heard, with your files and tools. `everyone`: all are guests there, you too."),
        formerId: id.optional().describe("Its id before the provider gave it another one: the conversation stays the same."),
      }),
    )
    .default({})
    .describe("By the group's id; one that is listed is allowed."),
  requireMention: z.boolean().default(true).describe("In groups, answer only when named or answered to."),
  ackReaction: z
    .enum(["groups", "all", "off"])
    .default("groups")
    .meta({ title: "Show that a message was taken", description: "An eye on it: in groups, everywhere, nowhere." }),
  streaming: z.boolean().default(true).describe("Show the answer while it is written."),
  queueMode: z
    .enum(["steer", "followup", "collect", "interrupt"])
    .default("steer")
    .describe("What a message does while an answer is being made, in private. In groups each waits its turn."),
  mode: z
    .enum(["auto", "webhook", "polling"])
    .default("auto")
    .describe("How messages arrive: `auto` takes the webhook when there is a public address and it works."),
  options: z.record(z.string(), z.json()).default({}).describe("What only this channel can be told."),
});

export type ChannelAccountSettings = z.infer<typeof account>;

/** Ways in and out besides the browser: accounts by channel and name, and which conversations they lead to. */
export const channelsSection = defineSection({
  name: "channels",
  schema: z
    .strictObject({
      publicUrl: z
        .url({ protocol: /^https$/ })
        .nullable()
        .meta({
          title: "Public address",
          description: "Where providers reach this assistant. Not set: where you opened it last, when that is public.",
        }),
      dmScope: z.enum(["main", "per-peer", "per-channel-peer", "per-account-channel-peer"]).meta({
        title: "Private conversations",
        description: "`main`: yours go into your main conversation; guests never share it. The others: one for each person.",
      }),
      identityLinks: z
        .record(name, z.array(z.string().regex(/^[a-z0-9-]+:.+$/, "must be channel:id")).max(50))
        .describe("One person's ids, `channel:id` each, under a name of yours: they share conversations."),
      accounts: z
        .record(z.string().regex(/^[a-z0-9-]{1,40}$/), z.record(name, account))
        .describe("By channel and name. Their tokens are secrets: they are typed under Channels."),
    })
    .meta({ title: "Channels", description: "Ways in and out besides the browser, and the conversations they lead to." }),
  defaults: { publicUrl: null, dmScope: "main", identityLinks: {}, accounts: {} },
  seed: (seeds) => (seeds.WORKER_URL?.startsWith("https://") ? { publicUrl: seeds.WORKER_URL } : {}),
});

/** An account that nothing was said about. */
export const defaultAccount: ChannelAccountSettings = account.parse({});
