import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** How far each provider's budgets are used, in OpenClaw's shape: windows with a percentage. */
export const usageStatus = defineMethod<"usage.status">({
  name: "usage.status",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, { governor, models, clock }) {
    const now = clock.now();
    const budgets = governor.budgets(now).filter(({ scope }) => scope === "all" || scope === "provider");
    const providers = models.providerStatuses().filter(({ state }) => state !== "no-key" && state !== "not-found");
    return {
      updatedAt: now,
      providers: providers.map(({ id, label, lastError }) => ({
        provider: id,
        displayName: label,
        windows: budgets
          .filter(({ scope, part }) => scope === "all" || part === id)
          .map(({ name, limitUsd, spentUsd, resetsAt }) => ({
            label: name,
            usedPercent: limitUsd === 0 ? 100 : Math.min(100, Math.round((spentUsd / limitUsd) * 1_000) / 10),
            ...(resetsAt === null ? {} : { resetAt: resetsAt }),
          })),
        ...(lastError ? { error: lastError.message } : {}),
      })),
    };
  },
});
