/**
 * Between the assistant's files, which are the truth, and the working copy in the sandbox. Before a command the copy is made
 * like the truth; after it, what changed comes back as changes that name the revision they were made from. Where both
 * changed, the truth stays, and the copy's version is kept beside it as `name.sandbox-copy`.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { sha256Hex } from "../../platform/sha256.ts";
import type { FileChange, Workspace } from "../../storage/workspace.ts";
import { normalizePath } from "../../storage/workspace-path.ts";
import { framesOf } from "./ndjson.ts";

/** A request to the generation at work. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export interface Pulled {
  changes: FileChange[];
  /** Files that were not taken, and why. */
  skipped: { path: string; why: string }[];
}

/** A file that the copy lacks in its present revision; `hash`: of what stands in its place there. */
interface Needed {
  path: string;
  hash?: string;
}

interface Frame {
  row: object;
  data?: Uint8Array;
}

/** All that one command may bring home; the workspace itself allows more. */
const mostPulledBytes = 64_000_000;

export async function push(ask: Ask, workspace: Workspace): Promise<{ conflicts: { path: string; keptAs: string }[] }> {
  const files = workspace.list();
  const revisions = Object.fromEntries(files.map(({ path, revision }) => [path, revision]));
  const { need, conflicts } = await jsonOf<{ need: Needed[]; conflicts: { path: string; keptAs: string }[] }>(
    await ask("/files/sync", { method: "POST", body: JSON.stringify({ revisions }) }),
  );
  if (need.length > 0)
    await jsonOf(await ask("/files/write", { method: "POST", body: framesFor(need, (row) => written(workspace, row)) }));
  return { conflicts };
}

export async function pull(ask: Ask, workspace: Workspace): Promise<Pulled> {
  const found = await jsonOf<{
    changed: { path: string; base: number; sizeBytes: number }[];
    deleted: { path: string; base: number }[];
    skipped: { path: string; why: string }[];
  }>(await ask("/files/changes", { method: "POST", body: "{}" }));
  const skipped = [...found.skipped];
  const wanted = new Map<string, number>();
  let bytes = 0;
  for (const { path, base, sizeBytes } of found.changed) {
    bytes += sizeBytes;
    const why = bytes > mostPulledBytes ? `is more than ${mostPulledBytes / 1_000_000} MB in one command` : refusalOf(path);
    if (why) skipped.push({ path, why });
    else wanted.set(path, base);
  }
  const changes: FileChange[] = found.deleted
    .filter(({ path, base }) => workspace.stat(path)?.revision === base)
    .map(({ path, base }) => ({ path, content: null, baseRevision: base }));
  if (wanted.size > 0) {
    const answer = await ask("/files/read", { method: "POST", body: JSON.stringify({ paths: [...wanted.keys()] }) });
    let told = 0;
    for await (const { row, data } of framesOf<{ path: string }>(answer)) {
      told += 1;
      if (data) changes.push(changeOf(workspace, row.path, wanted.get(row.path) ?? 0, data));
    }
    if (told < wanted.size) throw new MoltError("CONTAINER_STALE", { message: "the sandbox ended while its files were read" });
  }
  return { changes: changes.filter((change) => !isSame(workspace, change)), skipped };
}

/** Where the truth has moved on meanwhile, it stays, and this version goes beside it. */
function changeOf(workspace: Workspace, path: string, base: number, content: Uint8Array): FileChange {
  const present = workspace.stat(path)?.revision ?? 0;
  if (present === base || isSame(workspace, { path, content })) return { path, content, baseRevision: present };
  return { path: `${path}.sandbox-copy`, content };
}

function isSame(workspace: Workspace, { path, content }: FileChange): boolean {
  if (content === null) return workspace.stat(path) === undefined;
  if (workspace.stat(path)?.sizeBytes !== content.length) return false;
  const present = workspace.read(path);
  return present !== undefined && equalBytes(present, content);
}

/** Files may be megabytes: a call for each byte would be felt. */
function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return a.length === b.length;
}

function refusalOf(path: string): string | undefined {
  try {
    return normalizePath(path) === path ? undefined : "has a name that files here cannot have";
  } catch (error) {
    return error instanceof MoltError ? "has a name that files here cannot have" : "cannot be kept";
  }
}

async function jsonOf<Value>(answer: Response): Promise<Value> {
  const value = (await answer.json()) as Value & { error?: string };
  if (!answer.ok)
    throw new MoltError("CONTAINER_FAILED", {
      message: `the sandbox: ${value.error ?? answer.status}`,
      hint: "Delete what is not needed there, or restart the sandbox.",
    });
  return value;
}

/** What the truth says of a file; its bytes only where the copy does not have them already, as after it made them itself. */
async function written(workspace: Workspace, { path, hash }: Needed): Promise<Frame | undefined> {
  const content = workspace.read(path);
  const revision = workspace.stat(path)?.revision;
  if (!content || revision === undefined) return undefined;
  if (hash !== undefined && hash === (await sha256Hex(content))) return { row: { path, revision, hash } };
  return { row: { path, revision, bytes: content.length }, data: content };
}

/** One file at a time, so that a large workspace is never in memory as a whole. */
function framesFor(rows: readonly Needed[], frameFor: (row: Needed) => Promise<Frame | undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    async pull(controller) {
      for (let row = rows[next]; row; row = rows[next]) {
        next += 1;
        const frame = await frameFor(row);
        if (!frame) continue;
        controller.enqueue(encoder.encode(`${JSON.stringify(frame.row)}\n`));
        if (frame.data && frame.data.length > 0) controller.enqueue(frame.data);
        return;
      }
      controller.close();
    },
  });
}
