/** Runs the checks inside the assistant one after the other, and cures what one of them found. */

import { type CheckResult, type DoctorReport, runCheck } from "@moltworker/protocol/doctor";
import { MoltError } from "@moltworker/protocol/errors";
import type { AssistantCheck, CheckContext, DoctorParts } from "./check.ts";
import { readStandings, type Standing } from "./standings.ts";

export interface DoctorOptions {
  /** Only these; an unknown id is NOT_FOUND. */
  ids?: string[] | undefined;
  probe?: boolean | undefined;
  /** The asker's clock, epoch ms. */
  now?: number | undefined;
}

export interface Doctor {
  /** Throws NOT_FOUND for an id that no check has. A check that breaks is a failed check. */
  run(options?: DoctorOptions): Promise<DoctorReport>;
  /** Cures and checks again. Throws NOT_FOUND; CONFLICT when there is nothing that can be cured safely. */
  fix(id: string): Promise<{ done: string; check: CheckResult }>;
}

export interface DoctorDeps extends DoctorParts {
  checks: readonly AssistantCheck[];
  version: string;
}

export function createDoctor(deps: DoctorDeps): Doctor {
  const { checks, version, clock } = deps;
  const now = () => clock.now();

  function find(id: string): AssistantCheck {
    const check = checks.find((candidate) => candidate.id === id);
    if (check) return check;
    throw new MoltError("NOT_FOUND", {
      message: `there is no check "${id.slice(0, 60)}"`,
      hint: `The checks are ${checks.map((known) => known.id).join(", ")}.`,
    });
  }

  function contextFor(options: DoctorOptions): CheckContext {
    const probe = options.probe === true;
    let standings: Promise<Standing[]> | undefined;
    return {
      ...deps,
      probe,
      askerNow: options.now,
      standings: () => {
        standings ??= readStandings(deps.models, probe);
        return standings;
      },
    };
  }

  return {
    async run(options = {}) {
      const chosen = options.ids?.map(find) ?? checks;
      const context = contextFor(options);
      const results: CheckResult[] = [];
      for (const check of chosen) results.push(await runCheck(check, context, now));
      return { ok: results.every((result) => result.verdict !== "fail"), ts: now(), version, checks: results };
    },
    async fix(id) {
      const check = find(id);
      const context = contextFor({});
      const before = await runCheck(check, context, now);
      if (!before.fixable || !check.fix) {
        const message = before.verdict === "ok" ? `${id}: there is nothing to cure` : `${id}: only a person can cure this`;
        throw new MoltError("CONFLICT", { message, hint: before.cure?.text ?? before.cause });
      }
      const done = await check.fix(context);
      return { done, check: await runCheck(check, context, now) };
    },
  };
}
