/** What the gateway says about a call in the headers of its answer. */

import type { Admission, Remaining, Settlement } from "../governor/governor.ts";
import { type HeaderRecord, headersDown } from "./headers.ts";

export interface CallFacts {
  callId: string;
  step: number;
  cacheStatus: "HIT" | "MISS" | "BYPASS";
  provider: string;
  model: string;
  eventId: string | undefined;
  admission: Admission | undefined;
  settlement: Settlement | undefined;
  warnings: readonly string[];
}

export function answerHeaders(upstream: HeaderRecord, facts: CallFacts): HeaderRecord {
  const headers = headersDown(upstream);
  headers["cf-aig-log-id"] = facts.callId;
  headers["cf-aig-request-id"] = facts.callId;
  headers["cf-aig-step"] = String(facts.step);
  headers["cf-aig-cache-status"] = facts.cacheStatus === "HIT" ? "HIT" : "MISS";
  headers["cf-aig-provider"] = facts.provider;
  if (facts.model !== "") headers["cf-aig-model"] = oneLine(facts.model);
  if (facts.eventId !== undefined) headers["cf-aig-event-id"] = oneLine(facts.eventId);
  const { admission, settlement } = facts;
  if (settlement) {
    if (settlement.costUsd !== null) headers["x-moltworker-cost-usd"] = money(settlement.costUsd);
    if (settlement.estimated) headers["x-moltworker-cost-estimated"] = "true";
  } else if (admission && admission.reservedUsd > 0) headers["x-moltworker-reserved-usd"] = money(admission.reservedUsd);
  const remaining = settlement?.remaining ?? admission?.remaining ?? [];
  if (remaining.length > 0) headers["x-moltworker-budget-remaining"] = remaining.map(remainder).join(", ");
  const warnings = [...(admission?.warnings ?? []), ...facts.warnings];
  if (warnings.length > 0) headers["x-moltworker-warning"] = warnings.map(oneLine).join("; ");
  return headers;
}

const remainder = ({ budget, usd }: Remaining): string => `${oneLine(budget)}=${money(usd)}`;
const money = (usd: number): string => String(Number(usd.toFixed(9)));
/** Header values are ASCII of one line. */
const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 500);
