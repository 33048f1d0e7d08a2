/** Import, put together. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Provider } from "../ai-gateway/provider.ts";
import type { Audit } from "../auth/audit.ts";
import type { Auth } from "../auth/auth.ts";
import { createDevices } from "../auth/devices.ts";
import { type Settings, sections } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import { isJsonObject, type Json, mergePatch } from "../config/merge.ts";
import type { AnySection } from "../config/section.ts";
import { importRoutes } from "../edge/import-routes.ts";
import { bucketEntries } from "../import/bucket-entries.ts";
import { createImporter } from "../import/importer.ts";
import { createStaging } from "../import/staging.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { gatewayTokenName, type Secrets } from "../secrets/secrets.ts";
import { createImportedLog } from "../sessions/imported-log.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { Part } from "./part.ts";

export interface Given {
  db: Database;
  clock: Clock;
  log: Log;
  auth: Auth;
  audit: Audit;
  config: Config<Settings>;
  secrets: Secrets;
  providers: readonly Provider[];
  sessions: SessionStore;
  workspace: Workspace;
  blobs: Blobs;
  snapshots: Pick<Snapshots, "create" | "settled">;
  oldBucket: R2Bucket | undefined;
}

export function createImportPart(given: Given): Part {
  const { db, clock, auth, config, secrets } = given;
  const importer = createImporter({
    ...given,
    beforeApply: () => keepPresent(given.snapshots),
    staging: createStaging(db, clock),
    devices: createDevices(db, clock),
    conversations: { db, blobs: given.blobs, log: createImportedLog(db, given.sessions) },
    settings: {
      providers: given.providers,
      secrets,
      settings: () => config.snapshot().config as unknown as Record<string, unknown>,
      patch: (merge) => void config.patch(merge, { changedBy: "import" }),
      accepts: (merge) => refusalOf(merge, config.snapshot().config as unknown as Record<string, Json>),
      setGatewayToken: (token, by) => void auth.rotateGatewayToken(by, token),
      hasGatewayToken: (token) => secrets.get(gatewayTokenName) === token.trim(),
    },
  });
  const { oldBucket } = given;
  const bucket = oldBucket && { name: "MOLTBOT_BUCKET", open: () => bucketEntries(oldBucket) };
  return { name: "import", routes: importRoutes(importer, given.audit, bucket) };
}

/** Why a section would not take this, in the words of its schema; undefined when it would. */
function refusalOf(merge: Record<string, unknown>, present: Record<string, Json>): string | undefined {
  for (const [name, part] of Object.entries(merge)) {
    const section = (sections as readonly AnySection[]).find((one) => one.name === name);
    const base = present[name];
    const result = section?.schema.safeParse(mergePatch(isJsonObject(base) ? base : {}, part as Json));
    if (!section || !result) return "there is no such setting here";
    if (!result.success) return `it is not valid here: ${result.error.issues[0]?.message ?? "refused"}`;
  }
  return undefined;
}

/** What an import changes can be taken back whole: nothing is changed before a snapshot of the present was proved. */
async function keepPresent(snapshots: Given["snapshots"]): Promise<void> {
  const job = await snapshots.settled(snapshots.create("import"));
  if (job.state !== "done")
    throw new MoltError("CONFLICT", {
      message: `the present state could not be kept before the import: ${job.outcome ?? job.state}`,
      hint: "See Admin, Storage and snapshots; nothing was changed.",
    });
}
