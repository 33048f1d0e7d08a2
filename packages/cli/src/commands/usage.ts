/** `moltworker usage`: what model calls cost, by day and by model, and what is left of each budget. */

import type { Output } from "../output.ts";
import { answerError, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

interface Group {
  key: string;
  calls: number;
  tokens: number;
  costUsd: number;
}

interface Usage {
  days: number;
  daily: { date: string; calls: number; errors: number; tokens: number; costUsd: number }[];
  models: Group[];
  budgets: { name: string; part: string; limitUsd: number; spentUsd: number; reservedUsd: number; step: string }[];
}

export async function usage(options: { data?: string; days: number }, output: Output): Promise<void> {
  const answer = await callHost(findRunning(options.data), "GET", `/api/host/usage?days=${options.days}`);
  if (answer.status !== 200) throw answerError(answer);
  const found = answer.body as unknown as Usage;
  output.result(usageText(found), { type: "usage", ...found });
}

function usageText({ days, daily, models, budgets }: Usage): string {
  const sum = daily.reduce((total, day) => total + day.costUsd, 0);
  const calls = daily.reduce((total, day) => total + day.calls, 0);
  const lines = [`${money(sum)} for ${calls} calls in ${days === 1 ? "a day" : `${days} days`}`];
  for (const day of daily.filter((one) => one.calls > 0))
    lines.push(
      `  ${day.date}  ${money(day.costUsd).padStart(9)}  ${day.calls} calls${day.errors > 0 ? `, ${day.errors} failed` : ""}`,
    );
  if (models.length > 0) lines.push("by model");
  for (const model of models)
    lines.push(`  ${money(model.costUsd).padStart(9)}  ${model.key}  ${model.calls} calls, ${model.tokens} tokens`);
  if (budgets.length > 0) lines.push("budgets");
  for (const budget of budgets) {
    const whose = budget.part === "" ? budget.name : `${budget.name} (${budget.part})`;
    const state = budget.step === "ok" ? "" : `  [${budget.step}]`;
    lines.push(`  ${money(budget.spentUsd + budget.reservedUsd)} of ${money(budget.limitUsd)}  ${whose}${state}`);
  }
  return lines.join("\n");
}

const money = (usd: number): string => (usd !== 0 && usd < 0.01 ? `$${usd.toFixed(5)}` : `$${usd.toFixed(2)}`);
