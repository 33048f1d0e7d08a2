/**
 * Import in two steps that read the same items: a report of what would happen, line by line, and then exactly that. The source
 * is only read; doing it twice changes nothing; one thing that fails stops no other.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ImportReport } from "@moltworker/protocol/import";
import type { Devices } from "../auth/devices.ts";
import type { Principal } from "../auth/principal.ts";
import type { Log } from "../platform/log.ts";
import type { Workspace } from "../storage/workspace.ts";
import { channelItems } from "./channel-items.ts";
import { type ConversationTarget, conversationItems } from "./conversation-items.ts";
import { deviceItems } from "./device-items.ts";
import { fileItems, keptConfig, unreadableSource } from "./file-items.ts";
import { type ImportItem, lineOf } from "./item.ts";
import { findLayout, type Layout } from "./layout.ts";
import { scheduleItems } from "./schedule-items.ts";
import { type SettingsTarget, settingsItems } from "./settings-items.ts";
import { type ImportSource, reportHash, type Staging } from "./staging.ts";
import { variablesIn } from "./variables.ts";

export interface ImporterDeps {
  staging: Staging;
  settings: SettingsTarget;
  conversations: ConversationTarget;
  devices: Devices;
  workspace: Workspace;
  log: Log;
  /** Called once before anything is changed. Throws when the state could not be kept; nothing is changed then. */
  beforeApply(): Promise<void>;
}

export interface Importer {
  /** Stages a source and says what an import of it would do. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE. */
  stage(name: string, source: ImportSource): Promise<ImportReport>;
  /** The report of what is staged. Throws NOT_FOUND when nothing is. */
  report(): Promise<ImportReport>;
  /** Does what the report with this hash says. Throws CONFLICT when it would say something else by now. */
  apply(hash: string, by: Principal): Promise<ImportReport>;
  discard(): void;
}

export function createImporter(deps: ImporterDeps): Importer {
  const plan = async (): Promise<{ report: ImportReport; items: ImportItem[] }> => {
    const source = deps.staging.current();
    if (!source) throw new MoltError("NOT_FOUND", { message: "nothing is staged for import", hint: "Send the archive first." });
    const layout = findLayout(deps.staging.tree());
    const items = await itemsOf(layout, deps);
    const lines = items.map(lineOf);
    const hash = await reportHash([source.id, ...lines]);
    const { id, name, stagedAt, files, bytes, leftOut } = source;
    return { report: { id, name, stagedAt, files, bytes, layout: layout.name, lines, leftOut, hash, applied: false }, items };
  };

  return {
    async stage(name, source) {
      await deps.staging.stage(name, source);
      const { report } = await plan();
      if (report.lines.length > 0) return report;
      deps.staging.discard();
      throw unreadableSource();
    },
    report: async () => (await plan()).report,
    async apply(hash, by) {
      const { report, items } = await plan();
      if (report.hash !== hash)
        throw new MoltError("CONFLICT", {
          message: "the import would do something else by now than the report that was read",
          hint: "Read the report again, then import.",
        });
      await deps.beforeApply();
      const done: ImportItem[] = [];
      for (const item of items) done.push(await carryOut(item, by, deps.log));
      return { ...report, lines: done.map(lineOf), applied: true };
    },
    discard: deps.staging.discard,
  };
}

async function itemsOf(layout: Layout, deps: ImporterDeps): Promise<ImportItem[]> {
  const tree = deps.staging.tree();
  const source = { tree, layout, variables: variablesIn(tree, layout) };
  return [
    ...settingsItems(source, deps.settings),
    ...channelItems(source, deps.settings),
    ...(await deviceItems(tree, layout, deps.devices)),
    ...conversationItems(tree, layout, deps.conversations),
    ...scheduleItems(tree, layout, deps.workspace),
    ...keptConfig(layout, deps.workspace),
    ...fileItems(tree, layout, deps.workspace),
  ];
}

async function carryOut(item: ImportItem, by: Principal, log: Log): Promise<ImportItem> {
  try {
    await item.work?.(by);
    return item;
  } catch (thrown) {
    const error = moltErrorFrom(thrown);
    log.warn("import.item_failed", { kind: item.kind, name: item.name, code: error.code, message: error.message });
    return { ...item, verdict: "failed", why: error.message };
  }
}
