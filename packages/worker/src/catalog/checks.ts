/** Every check inside the assistant, in the order in which they are shown: what stops everything comes first. */

import type { AssistantCheck } from "../doctor/check.ts";
import { accessTeamCheck } from "../doctor/checks/access-team.ts";
import { alarm } from "../doctor/checks/alarm.ts";
import { approvals } from "../doctor/checks/approvals.ts";
import { blobs } from "../doctor/checks/blobs.ts";
import { budgets } from "../doctor/checks/budgets.ts";
import { build } from "../doctor/checks/build.ts";
import { channels } from "../doctor/checks/channels.ts";
import { clock } from "../doctor/checks/clock.ts";
import { config } from "../doctor/checks/config.ts";
import { containersCheck } from "../doctor/checks/containers.ts";
import { gatewayLog } from "../doctor/checks/gateway-log.ts";
import { hooks } from "../doctor/checks/hooks.ts";
import { managedGateway } from "../doctor/checks/managed-gateway.ts";
import { model } from "../doctor/checks/model.ts";
import { parts } from "../doctor/checks/parts.ts";
import { providerKey } from "../doctor/checks/provider-key.ts";
import { providerQuota } from "../doctor/checks/provider-quota.ts";
import { providerReachable } from "../doctor/checks/provider-reachable.ts";
import { quarantine } from "../doctor/checks/quarantine.ts";
import { runs } from "../doctor/checks/runs.ts";
import { snapshots } from "../doctor/checks/snapshots.ts";
import { stop } from "../doctor/checks/stop.ts";
import { storage } from "../doctor/checks/storage.ts";
import { variables } from "../doctor/checks/variables.ts";

export const checks: readonly AssistantCheck[] = [
  storage,
  blobs,
  snapshots,
  quarantine,
  parts,
  config,
  variables,
  accessTeamCheck,
  stop,
  hooks,
  providerKey,
  providerQuota,
  providerReachable,
  managedGateway,
  model,
  channels,
  budgets,
  gatewayLog,
  approvals,
  runs,
  alarm,
  build,
  clock,
  containersCheck,
];
