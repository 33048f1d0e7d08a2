import * as z from "zod";
import { defineSection } from "../section.ts";

const seconds = (most: number) => z.number().min(0.05).max(most);
const name = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);

/** The AI gateway: where calls leave from, what is tried again, what is kept. Keys and Cloudflare's token are secrets and are not here. */
export const gatewaySection = defineSection({
  name: "gateway",
  schema: z
    .strictObject({
      /** `embedded`: calls go straight to the providers. `cloudflare`: through the gateway that is named below. */
      mode: z.enum(["embedded", "cloudflare"]),
      cloudflare: z.strictObject({
        account: z
          .string()
          .regex(/^[a-fA-F0-9]{32}$/)
          .nullable(),
        gateway: name,
        url: z.url({ protocol: /^https?$/ }),
      }),
      /** Names that `/v1/{account}/{gateway}/…` may carry here; every account is taken. */
      names: z.array(name).min(1).max(20),
      /** Providers of your own, as `/custom-<name>/…`. */
      custom: z.record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/),
        z.strictObject({
          baseUrl: z.url({ protocol: /^https?$/ }),
          /** The header that carries its key. Default: `authorization`, after `Bearer `. */
          keyHeader: z
            .string()
            .regex(/^[a-zA-Z0-9-]{1,60}$/)
            .optional(),
          keyPrefix: z.string().max(30).optional(),
          /** It runs in your own network: `http` and private addresses are then allowed. */
          local: z.boolean().optional(),
          /** Asks its Chat Completions for usage. Default true. */
          askUsage: z.boolean().optional(),
        }),
      ),
      /** For calls that say nothing themselves. */
      retry: z.strictObject({
        attempts: z.int().min(1).max(5),
        delayMs: z.int().min(0).max(5_000),
        backoff: z.enum(["constant", "linear", "exponential"]),
      }),
      /** 0: only calls that ask for it are cached. */
      cacheSeconds: z.int().min(0).max(2_592_000),
      timeouts: z.strictObject({
        /** Seconds to the first byte. */
        firstByte: seconds(3_600),
        /** Seconds of silence within an answer. */
        idle: seconds(3_600),
        total: seconds(86_400),
      }),
      maxBodyMb: z.number().min(0.1).max(100),
    })
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
