/** Every check inside the assistant, in the order in which they are shown: what stops everything comes first. */

import type { AssistantCheck } from "../doctor/check.ts";
import { accessTeamCheck } from "../doctor/checks/access-team.ts";
import { alarm } from "../doctor/checks/alarm.ts";
import { approvals } from "../doctor/checks/approvals.ts";
import { blobs } from "../doctor/checks/blobs.ts";
import { build } from "../doctor/checks/build.ts";
import { clock } from "../doctor/checks/clock.ts";
import { config } from "../doctor/checks/config.ts";
import { containersCheck } from "../doctor/checks/containers.ts";
import { model } from "../doctor/checks/model.ts";
import { providerKey } from "../doctor/checks/provider-key.ts";
import { providerQuota } from "../doctor/checks/provider-quota.ts";
import { providerReachable } from "../doctor/checks/provider-reachable.ts";
import { runs } from "../doctor/checks/runs.ts";
import { stop } from "../doctor/checks/stop.ts";
import { storage } from "../doctor/checks/storage.ts";
import { variables } from "../doctor/checks/variables.ts";

export const checks: readonly AssistantCheck[] = [
  storage,
  blobs,
  config,
  variables,
  accessTeamCheck,
  stop,
  providerKey,
  providerQuota,
  providerReachable,
  model,
  approvals,
  runs,
  alarm,
  build,
  clock,
  containersCheck,
];
