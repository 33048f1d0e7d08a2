/** Every migration of the product, in the order in which they are applied. Names and places never change once released. */

import { callLogMigration, governorMigration } from "../ai-gateway/governor/schema.ts";
import { cacheMigration } from "../ai-gateway/proxy/cache.ts";
import { usageMigration } from "../ai-gateway/usage-log.ts";
import { accessMigration } from "../auth/access.ts";
import { auditGuardMigration, auditMigration } from "../auth/audit.ts";
import {
  apiTokensMigration,
  authMigration,
  pairingMigration,
  passkeysMigration,
  tokenLimitsMigration,
  upgradesMigration,
} from "../auth/schema.ts";
import { configMigration } from "../config/config.ts";
import { hostedMigration } from "../containers/moltbot/schema.ts";
import { channelIndexesMigration, channelsMigration } from "../delivery/schema.ts";
import { hooksMigration } from "../edge/hooks/hook-store.ts";
import { httpRequestsMigration } from "../edge/v1/request-store.ts";
import { importMigration } from "../import/staging.ts";
import { eventsMigration } from "../rpc/event-log.ts";
import { runOptionsMigration, runsMigration } from "../runs/schema.ts";
import { timersMigration } from "../schedule/alarm.ts";
import { secretsMigration } from "../secrets/secrets.ts";
import { sessionsMigration } from "../sessions/schema.ts";
import { snapshotsMigration } from "../snapshots/schema.ts";
import { blobsMigration } from "../storage/blobs.ts";
import { logRingMigration } from "../storage/log-ring.ts";
import { marksMigration } from "../storage/marks.ts";
import type { Migration } from "../storage/migrations.ts";
import { workspaceMigration } from "../storage/workspace.ts";

export const migrations: readonly Migration[] = [
  sessionsMigration,
  runsMigration,
  eventsMigration,
  timersMigration,
  { name: "0005-workspace", statements: workspaceMigration },
  secretsMigration,
  configMigration,
  authMigration,
  blobsMigration,
  marksMigration,
  usageMigration,
  accessMigration,
  pairingMigration,
  apiTokensMigration,
  auditMigration,
  upgradesMigration,
  governorMigration,
  tokenLimitsMigration,
  runOptionsMigration,
  httpRequestsMigration,
  passkeysMigration,
  cacheMigration,
  channelsMigration,
  logRingMigration,
  importMigration,
  hooksMigration,
  auditGuardMigration,
  channelIndexesMigration,
  callLogMigration,
  snapshotsMigration,
  hostedMigration,
];
