import * as z from "zod";
import { isTimeZone } from "../../platform/time-zone.ts";
import { defineSection } from "../section.ts";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
const share = z.number().min(0).max(1);
/** `provider`, `provider/model`; `*` at the end matches the rest. */
const pattern = z.string().min(1).max(200);
const perMillion = z.number().min(0).max(1_000_000);

/** What of a call a rule looks at. Every given field must fit. */
const where = {
  model: pattern.optional().describe("`provider` or `provider/model`; `*` at the end matches the rest."),
  tenant: z.string().min(1).max(100).optional().describe("Whose calls; `owner` is the assistant itself."),
  metadata: z
    .strictObject({
      key: z.string().min(1).max(100).describe("Name of the field."),
      value: z.string().max(200).describe("What it must say."),
    })
    .optional()
    .describe("A field of `cf-aig-metadata`."),
};

const denyRule = z.strictObject({
  ...where,
  reason: z.string().max(200).optional().describe("What the caller is told."),
});

const rateRule = z.strictObject({
  scope: z
    .enum(["all", "tenant", "token", "session", "channel", "schedule", "provider", "model"])
    .describe("Whose calls are counted together."),
  unit: z.enum(["requests", "tokens"]).describe("What is counted."),
  limit: z.int().min(1).max(1_000_000_000).describe("How many there may be in that time."),
  seconds: z.int().min(1).max(86_400).describe("Length of that time."),
  window: z.enum(["fixed", "sliding"]).describe("`fixed` begins anew each time; `sliding` looks back from now."),
});

const budgetRule = z.strictObject({
  name: z.string().min(1).max(60).optional().describe("What it is called where it is shown."),
  scope: z
    .enum(["all", "tenant", "token", "session", "channel", "schedule", "provider", "model", "metadata"])
    .describe("Whose spending is counted together: everything, or each tenant, token, session … for itself."),
  only: z.string().min(1).max(200).optional().describe("Only this one of its scope. Not set: each for itself."),
  key: z.string().min(1).max(100).optional().describe("With scope `metadata`: which field."),
  per: z.enum(["day", "week", "month", "always"]).describe("When it begins anew, at midnight of the time zone below."),
  usd: z.number().min(0).max(1_000_000).meta({ title: "US dollars", description: "Where calls stop." }),
  warnAt: share.optional().describe("Share of the dollars, 0 to 1, at which a warning is shown. Not set: none."),
  cheaperAt: share.optional().describe("Share at which the cheaper model takes over. Not set: it never does."),
  cheaperModel: z.string().min(3).max(200).optional().describe("`provider/model` to use from there on."),
  askAt: share.optional().describe("Share from which each run asks first. Not set: none does."),
});

/** What model calls may cost and how many there may be; what is kept of them. Rules are keyed by id. */
export const limitsSection = defineSection({
  name: "limits",
  schema: z
    .strictObject({
      deny: z
        .record(id, denyRule)
        .meta({ title: "Refused calls", description: "A call that fits every field of one is refused." }),
      rates: z
        .record(id, rateRule)
        .meta({ title: "Rate limits", description: "How many calls or tokens there may be in a time." }),
      budgets: z.record(id, budgetRule).describe("How many dollars calls may cost: reserved before a call, settled after it."),
      timeZone: z.string().refine(isTimeZone, "is not a time zone, such as `Europe/Berlin`").meta({
        title: "Time zone of budgets",
        description:
          "Where a budget's day begins at midnight: `UTC`, `Europe/Berlin` … A change begins days, weeks and months anew.",
      }),
      prices: z
        .record(
          z.string().min(3).max(200),
          z.strictObject({
            input: perMillion.describe("For tokens that are sent."),
            output: perMillion.describe("For tokens that come back."),
            cacheRead: perMillion.optional().describe("For tokens that the provider had cached."),
            cacheWrite: perMillion.optional().describe("For tokens that it caches."),
          }),
        )
        .describe("US dollars per million tokens, by `provider/model`; they go over the built-in tables."),
      log: z
        .strictObject({
          bodies: z.boolean().describe("Whether requests and answers are kept whole, without their secrets."),
          keepDays: z.int().min(1).max(3650).describe("Older rows go."),
          maxRows: z.int().min(100).max(1_000_000).describe("More than these, and the oldest go."),
          maxMegabytes: z.int().min(1).max(4_096).describe("More than this, and the oldest go."),
        })
        .meta({ title: "Log of calls", description: "What is kept of model calls, and how long." }),
    })
    .meta({ title: "Limits", description: "What model calls may cost, how many there may be, and what is kept of them." }),
  defaults: {
    deny: {},
    rates: {},
    budgets: {},
    timeZone: "UTC",
    prices: {},
    log: { bodies: false, keepDays: 30, maxRows: 100_000, maxMegabytes: 200 },
  },
});

export type Limits = z.infer<typeof limitsSection.schema>;
export type BudgetRule = z.infer<typeof budgetRule>;
export type RateRule = z.infer<typeof rateRule>;
