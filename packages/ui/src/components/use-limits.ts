/** The settings' `limits`: read when shown, changed by a merge patch that the server checks. */

import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { useLoaded } from "./use-loaded.ts";

export interface Budget {
  name?: string;
  scope: string;
  only?: string;
  key?: string;
  per: "day" | "week" | "month" | "always";
  usd: number;
  warnAt?: number;
  cheaperAt?: number;
  cheaperModel?: string;
  askAt?: number;
}

export interface Rate {
  scope: string;
  unit: "requests" | "tokens";
  limit: number;
  seconds: number;
  window: "fixed" | "sliding";
}

export interface Deny {
  model?: string;
  tenant?: string;
  reason?: string;
}

export interface Limits {
  budgets: Record<string, Budget>;
  rates: Record<string, Rate>;
  deny: Record<string, Deny>;
  /** Where days begin at midnight. */
  timeZone: string;
  log: { bodies: boolean; keepDays: number; maxRows: number; maxMegabytes: number };
}

const load = async () => (await request("config.get", {}, { resend: true })).config.limits as Limits;

export function useLimits(): {
  limits: Limits | undefined;
  /** True when the change holds. */
  patch(change: Record<string, unknown>): Promise<boolean>;
} {
  const [limits, reload] = useLoaded(load);
  const patch = async (change: Record<string, unknown>) => {
    try {
      const { hash } = await request("config.get", {}, { resend: true });
      await request("config.patch", { raw: JSON.stringify({ limits: change }), baseHash: hash });
      notify("Saved.");
      return true;
    } catch (error) {
      notifyError(error);
      return false;
    } finally {
      reload();
    }
  };
  return { limits, patch };
}

/** An id for a rule from what a person called it; never one that is taken. */
export function ruleId(name: string, taken: object): string {
  const base =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 30) || "rule";
  let id = base;
  for (let count = 2; id in taken; count += 1) id = `${base}-${count}`;
  return id;
}
