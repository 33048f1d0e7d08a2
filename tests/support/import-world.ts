/** An assistant's parts as an import meets them, over a database in memory, and sources as their users have them. */

import { createDevices } from "../../packages/worker/src/auth/devices.ts";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { providers } from "../../packages/worker/src/catalog/providers.ts";
import { createImporter, type Importer } from "../../packages/worker/src/import/importer.ts";
import { createStaging } from "../../packages/worker/src/import/staging.ts";
import { createSecrets } from "../../packages/worker/src/secrets/secrets.ts";
import { createImportedLog } from "../../packages/worker/src/sessions/imported-log.ts";
import { createSessionStore } from "../../packages/worker/src/sessions/session-store.ts";
import { createTranscript } from "../../packages/worker/src/sessions/transcript.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createWorkspace } from "../../packages/worker/src/storage/workspace.ts";
import { createTestDatabase } from "./database.ts";
import { streamOf, type TarContent, tarOf } from "./tar.ts";

export const owner = { kind: "owner", id: "own_test", via: "cookie", scopes: ["operator.admin"] } as const;

export function createImportWorld() {
  const clock = { now: () => 1_800_000_000_000, sleep: async () => {} };
  const db = createTestDatabase();
  migrate(db, migrations, clock);
  const secrets = createSecrets(db, clock);
  const sessions = createSessionStore(db, clock);
  const workspace = createWorkspace(db, clock);
  const devices = createDevices(db, clock);
  const settings: Record<string, Record<string, unknown>> = { agent: { name: "Molt" }, providers: {} };
  const blobs = new Map<string, Uint8Array>();
  const kept = { times: 0 };
  const importer = createImporter({
    staging: createStaging(db, clock),
    devices,
    workspace,
    log: { debug() {}, info() {}, warn() {}, error() {} } as never,
    conversations: {
      db,
      blobs: { put: async (id: string, bytes: Uint8Array) => void blobs.set(id, bytes) } as never,
      log: createImportedLog(db, sessions),
    },
    settings: {
      providers,
      secrets,
      settings: () => settings,
      patch: (merge) => {
        for (const [name, part] of Object.entries(merge)) Object.assign((settings[name] ??= {}), part);
      },
      accepts: () => undefined,
      setGatewayToken: (token) => secrets.set("gateway.token", token, "typed"),
      hasGatewayToken: (token) => secrets.get("gateway.token") === token,
    },
    beforeApply: async () => void (kept.times += 1),
  });
  return { db, secrets, sessions, workspace, devices, settings, blobs, kept, importer, transcript: createTranscript(db, clock) };
}

export type ImportWorld = ReturnType<typeof createImportWorld>;

export const stageFiles = (importer: Importer, files: Record<string, TarContent>) =>
  importer.stage("test", streamOf(tarOf(files)));

/** Every line of a report as `verdict kind name`. */
export const shortLines = (report: { lines: { verdict: string; kind: string; name: string }[] }): string[] =>
  report.lines.map(({ verdict, kind, name }) => `${verdict} ${kind} ${name}`);
