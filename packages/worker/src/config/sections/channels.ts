import { dmPolicies, groupPolicies } from "@moltworker/protocol/channels";
import * as z from "zod";
import { defineSection } from "../section.ts";

const id = z.string().trim().min(1).max(100);
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "must be lower-case letters, digits, - and _");

const account = z.strictObject({
  enabled: z.boolean().default(true),
  /** Who may write in private. */
  dmPolicy: z.enum(dmPolicies).default("pairing"),
  /** The provider's immutable ids. They are let in as guests; `*` lets everyone in when the policy is `open`. */
  allowFrom: z.array(id).max(1_000).default([]),
  /** Ids that are the owner: everything the owner may do from a conversation. */
  owners: z.array(id).max(50).default([]),
  groupPolicy: z.enum(groupPolicies).default("allowlist"),
  /** Groups by id; one that is listed is allowed. */
  groups: z
    .record(
      id,
      z.strictObject({
        enabled: z.boolean().default(true),
        /** Answer only when named or answered to. Absent: as the account says. */
        requireMention: z.boolean().optional(),
        /** Only these people are heard; absent: everyone there. */
        allowFrom: z.array(id).max(1_000).optional(),
        /** `owner`: only the owner is heard, with the owner's files and tools. `everyone`: all are guests there, the owner too. */
        audience: z.enum(["owner", "everyone"]).default("everyone"),
      }),
    )
    .default({}),
  requireMention: z.boolean().default(true),
  /** An eye on messages that were taken: in groups, everywhere, nowhere. */
  ackReaction: z.enum(["groups", "all", "off"]).default("groups"),
  /** Show the answer while it is written. */
  streaming: z.boolean().default(true),
  /** What a message does while an answer is being made, in private. In groups each waits its turn. */
  queueMode: z.enum(["steer", "followup", "collect", "interrupt"]).default("steer"),
  /** How updates arrive: `auto` takes the webhook when there is a public address and it works. */
  mode: z.enum(["auto", "webhook", "polling"]).default("auto"),
  /** What only this channel can be told. */
  options: z.record(z.string(), z.json()).default({}),
});

export type ChannelAccountSettings = z.infer<typeof account>;

/** Ways in and out besides the browser: accounts by channel and name, and which conversations they lead to. */
export const channelsSection = defineSection({
  name: "channels",
  schema: z.strictObject({
    /** Where providers reach this assistant; null: the https address at which the owner opened it last, when that is public. */
    publicUrl: z.url({ protocol: /^https$/ }).nullable(),
    /** Conversation of a private chat, OpenClaw's words. `main`: the owner's own main conversation; guests never share it. */
    dmScope: z.enum(["main", "per-peer", "per-channel-peer", "per-account-channel-peer"]),
    /** One person's ids, `channel:id` each, under a name of yours: they share conversations. */
    identityLinks: z.record(name, z.array(z.string().regex(/^[a-z0-9-]+:.+$/, "must be channel:id")).max(50)),
    accounts: z.record(z.string().regex(/^[a-z0-9-]{1,40}$/), z.record(name, account)),
  }),
  defaults: { publicUrl: null, dmScope: "main", identityLinks: {}, accounts: {} },
  seed: (seeds) => (seeds.WORKER_URL?.startsWith("https://") ? { publicUrl: seeds.WORKER_URL } : {}),
});

/** An account that nothing was said about. */
export const defaultAccount: ChannelAccountSettings = account.parse({});
