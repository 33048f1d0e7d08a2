import * as z from "zod";
import { defineSection } from "../section.ts";

const seconds = (most: number) => z.number().min(0.05).max(most);
const name = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);

/** The AI gateway: where calls leave from, what is tried again, what is kept. Keys and Cloudflare's token are secrets and are not here. */
export const gatewaySection = defineSection({
  name: "gateway",
  schema: z
    .strictObject({
      mode: z
        .enum(["embedded", "cloudflare"])
        .describe("`embedded`: calls go straight to the providers. `cloudflare`: through the gateway that is named below."),
      cloudflare: z
        .strictObject({
          account: z
            .string()
            .regex(/^[a-fA-F0-9]{32}$/)
            .nullable()
            .describe("The account's id, 32 hexadecimal digits."),
          gateway: name.describe("The gateway's name."),
          url: z.url({ protocol: /^https?$/ }).meta({ title: "Address", description: "Where Cloudflare's gateways answer." }),
        })
        .describe("With mode `cloudflare`. Its token is a secret: it is typed under Models."),
      names: z
        .array(name)
        .min(1)
        .max(20)
        .describe("Names that `/v1/{account}/{gateway}/…` may carry here; every account is taken."),
      custom: z
        .record(
          z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/),
          z.strictObject({
            baseUrl: z.url({ protocol: /^https?$/ }).meta({ title: "Base URL", description: "Where its API is." }),
            keyHeader: z
              .string()
              .regex(/^[a-zA-Z0-9-]{1,60}$/)
              .optional()
              .describe("The header that carries its key. Not set: `authorization`, after `Bearer `."),
            keyPrefix: z.string().max(30).optional().describe("What stands before the key in that header."),
            local: z.boolean().optional().describe("It runs in your own network: `http` and private addresses are then allowed."),
            askUsage: z.boolean().optional().describe("Asks its Chat Completions for usage, unless this is off."),
          }),
        )
        .meta({ title: "Providers of your own", description: "Each is reached as `/custom-<name>/…`." }),
      retry: z
        .strictObject({
          attempts: z.int().min(1).max(5).describe("Tries in all; 1 tries once."),
          delayMs: z.int().min(0).max(5_000).meta({ title: "Delay (ms)", description: "Before the second try." }),
          backoff: z.enum(["constant", "linear", "exponential"]).describe("How the delay grows with each further try."),
        })
        .describe("For calls that say nothing about it themselves."),
      cacheSeconds: z
        .int()
        .min(0)
        .max(2_592_000)
        .describe("How long answers are kept for the same question. 0: only calls that ask for it are cached."),
      timeouts: z
        .strictObject({
          firstByte: seconds(3_600).describe("Seconds to the first byte."),
          idle: seconds(3_600).describe("Seconds of silence within an answer."),
          total: seconds(86_400).describe("Seconds for the whole."),
        })
        .describe("How long a provider is waited for."),
      maxBodyMb: z.number().min(0.1).max(100).meta({ title: "Largest request (MB)", description: "More is refused unread." }),
    })
    .meta({ title: "AI Gateway", description: "Where model calls leave from, what is tried again, and what is kept." })
    .refine(({ mode, cloudflare }) => mode === "embedded" || cloudflare.account !== null, {
      path: ["cloudflare", "account"],
      message: "is needed for the mode cloudflare",
    }),
  defaults: {
    mode: "embedded",
    cloudflare: { account: null, gateway: "default", url: "https://gateway.ai.cloudflare.com" },
    names: ["default", "moltworker"],
    custom: {},
    retry: { attempts: 1, delayMs: 500, backoff: "exponential" },
    cacheSeconds: 0,
    timeouts: { firstByte: 300, idle: 180, total: 3_600 },
    maxBodyMb: 40,
  },
  seed: (seeds) =>
    seeds.CF_AI_GATEWAY_ACCOUNT_ID
      ? {
          mode: "cloudflare" as const,
          cloudflare: {
            account: seeds.CF_AI_GATEWAY_ACCOUNT_ID,
            gateway: seeds.CF_AI_GATEWAY_GATEWAY_ID ?? "default",
            url: seeds.CF_AI_GATEWAY_URL ?? "https://gateway.ai.cloudflare.com",
          },
        }
      : {},
});
