/** What a check inside the assistant may reach. One file each in `doctor/checks/`, one line in `catalog/checks.ts`. */

import type { Check } from "@moltworker/protocol/doctor";
import type { BudgetStatus } from "@moltworker/protocol/gateway";
import type { PartFault } from "@moltworker/protocol/rows";
import type { Gateway } from "../ai-gateway/gateway.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { Containers } from "../containers/containers.ts";
import type { Channels } from "../delivery/channels.ts";
import type { Seeds } from "../env.ts";
import type { BuildWatch } from "../platform/build.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Approvals } from "../runs/approvals.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Marks } from "../storage/marks.ts";
import type { Standing } from "./standings.ts";

/** A provider's variables, for telling a value in the wrong place. */
export interface ProviderVariables {
  id: string;
  keyVariables: readonly string[];
  baseUrlVariable?: string;
}

/** The parts of the assistant that checks look at. */
export interface DoctorParts {
  clock: Clock;
  db: Database;
  marks: Marks;
  blobs: Blobs;
  config: Config<Settings>;
  egress: Egress;
  containers: Pick<Containers, "report">;
  models: Gateway;
  providers: readonly ProviderVariables[];
  /** How far each budget is used in its present window. */
  budgets(): Omit<BudgetStatus, "label">[];
  approvals: Pick<Approvals, "pending">;
  runner: Pick<Runner, "suspended">;
  secrets: Pick<Secrets, "get" | "source">;
  channels: Pick<Channels, "status">;
  seeds: Seeds;
  /** Names of variables that are set and that nothing reads. */
  unusedVariables: readonly string[];
  /** Names of variables whose value had white space around it. */
  paddedVariables: readonly string[];
  builds: BuildWatch;
  /** Sets the object's alarm anew from the timers' rows. */
  rearm(): void;
  /** Parts that could not start. */
  faults(): PartFault[];
  snapshots: Pick<Snapshots, "state">;
}

export interface CheckContext extends DoctorParts {
  /** Ask each provider now, instead of telling what is known. */
  probe: boolean;
  /** The asker's clock, epoch ms. */
  askerNow: number | undefined;
  /** How each provider in use stands; asked at most once a run. */
  standings(): Promise<Standing[]>;
}

export type AssistantCheck = Check<CheckContext>;
