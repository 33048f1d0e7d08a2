import * as z from "zod";
import { defineSection } from "../section.ts";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
const share = z.number().min(0).max(1);
/** `provider`, `provider/model`; `*` at the end matches the rest. */
const pattern = z.string().min(1).max(200);
const perMillion = z.number().min(0).max(1_000_000);

/** What of a call a rule looks at. Every given field must fit. */
const where = {
  model: pattern.optional(),
  tenant: z.string().min(1).max(100).optional(),
  metadata: z.strictObject({ key: z.string().min(1).max(100), value: z.string().max(200) }).optional(),
};

const denyRule = z.strictObject({ ...where, reason: z.string().max(200).optional() });

const rateRule = z.strictObject({
  /** Whose calls are counted together. */
  scope: z.enum(["all", "tenant", "token", "session"]),
  unit: z.enum(["requests", "tokens"]),
  limit: z.int().min(1).max(1_000_000_000),
  seconds: z.int().min(1).max(86_400),
  window: z.enum(["fixed", "sliding"]),
});

const budgetRule = z.strictObject({
  name: z.string().min(1).max(60).optional(),
  /** Whose spending is counted together: everything, or each tenant, token, session, … for itself. */
  scope: z.enum(["all", "tenant", "token", "session", "channel", "schedule", "provider", "model", "metadata"]),
  /** Only this one of its scope; absent: each for itself. */
  only: z.string().min(1).max(200).optional(),
  /** With scope `metadata`: which key. */
  key: z.string().min(1).max(100).optional(),
  per: z.enum(["day", "week", "month", "always"]),
  usd: z.number().min(0).max(1_000_000),
  /** Shares of `usd` at which the soft steps begin; absent: that step is skipped. The stop is always at `usd`. */
  warnAt: share.optional(),
  cheaperAt: share.optional(),
  /** `provider/model` to use from `cheaperAt` on. */
  cheaperModel: z.string().min(3).max(200).optional(),
  askAt: share.optional(),
});

/** What model calls may cost and how many there may be; what is kept of them. Rules are keyed by id. */
export const limitsSection = defineSection({
  name: "limits",
  schema: z.strictObject({
    deny: z.record(id, denyRule),
    rates: z.record(id, rateRule),
    budgets: z.record(id, budgetRule),
    /** US dollars per million tokens, by `provider/model`; over the built-in tables. */
    prices: z.record(
      z.string().min(3).max(200),
      z.strictObject({
        input: perMillion,
        output: perMillion,
        cacheRead: perMillion.optional(),
        cacheWrite: perMillion.optional(),
      }),
    ),
    log: z.strictObject({
      /** Whether request and response bodies are kept, redacted. */
      bodies: z.boolean(),
      keepDays: z.int().min(1).max(3650),
      maxRows: z.int().min(100).max(1_000_000),
      maxMegabytes: z.int().min(1).max(4_096),
    }),
  }),
  defaults: {
    deny: {},
    rates: {},
    budgets: {},
    prices: {},
    log: { bodies: false, keepDays: 30, maxRows: 100_000, maxMegabytes: 200 },
  },
});

export type Limits = z.infer<typeof limitsSection.schema>;
export type BudgetRule = z.infer<typeof budgetRule>;
export type RateRule = z.infer<typeof rateRule>;
