/** Schedules: read from either form that OpenClaw kept them in. None runs before its owner made it anew; all are kept. */

import type { Workspace } from "../storage/workspace.ts";
import type { ImportItem } from "./item.ts";
import type { Layout } from "./layout.ts";
import { databaseIn } from "./source-database.ts";
import { asList, asObject, asText, objectsIn, readObject, type SourceTree } from "./source-tree.ts";

const path = "imported/schedules.json";

export function scheduleItems(tree: SourceTree, layout: Layout, workspace: Workspace): ImportItem[] {
  const jobs = [...fromFile(tree, layout), ...fromDatabase(tree, layout)];
  // Made by the old gateway for itself, and by this one for itself too.
  const own = jobs.filter((job) => asText(job.declarationKey) === undefined);
  if (own.length === 0) return [];
  const content = new TextEncoder().encode(`${JSON.stringify(own, null, 2)}\n`);
  const present = workspace.read(path);
  const same = present !== undefined && new TextDecoder().decode(present) === new TextDecoder().decode(content);
  return own.map((job, index): ImportItem => {
    const name = asText(job.name) ?? asText(job.id) ?? `schedule ${index + 1}`;
    if (same) return { kind: "schedule", name, verdict: "same" };
    const why = `schedules do not run here yet; it is kept in ${path}`;
    return {
      kind: "schedule",
      name,
      verdict: "aside",
      why,
      ...(index === 0 ? { work: () => workspace.apply([{ path, content }]) } : {}),
    };
  });
}

function fromFile(tree: SourceTree, layout: Layout): Record<string, unknown>[] {
  const file = readObject(tree, `${layout.configFolder}cron/jobs.json`);
  return objectsIn(asList(file?.jobs));
}

function fromDatabase(tree: SourceTree, layout: Layout): Record<string, unknown>[] {
  const database = `${layout.configFolder}state/openclaw.sqlite`;
  try {
    return [...(databaseIn(tree, database)?.rows("cron_jobs") ?? [])].flatMap((row) => {
      const job = asObject(JSON.parse(String(row.job_json)));
      return job ? [{ ...job, ...(row.declaration_key ? { declarationKey: row.declaration_key } : {}) }] : [];
    });
  } catch {
    return [];
  }
}
