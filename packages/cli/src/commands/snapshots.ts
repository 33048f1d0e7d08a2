/** `moltworker snapshots …`: what there is, make one, prove one, what differs, take one home. With or without a running assistant. */

import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import type { RestoreItem, SnapshotDifference, SnapshotJob, SnapshotRow } from "@moltworker/protocol/snapshots";
import type { Output } from "../output.ts";
import { askSnapshots, chooseSnapshot, doSnapshots, snapshotsState } from "../snapshots/ask.ts";
import { withScratchServer } from "../snapshots/temporary-server.ts";
import { locateDataFolder } from "../supervisor/data-folder.ts";
import { fetchHost, type HostAddress } from "../supervisor/host-api.ts";
import { lockHolder } from "../supervisor/lock.ts";
import { findRunning } from "./running.ts";

export interface SnapshotsOptions {
  data?: string;
  /** A folder of snapshots elsewhere. */
  from?: string;
  passphraseStdin?: boolean;
  out?: string;
  session?: string[];
  file?: string[];
  settings?: boolean;
}

/** Work that changes the assistant needs it running; what only reads does not. */
export async function withSnapshots<Value>(
  options: SnapshotsOptions,
  work: (address: HostAddress) => Promise<Value>,
): Promise<Value> {
  if (options.from !== undefined) return withScratchServer(existing(options.from), work);
  const folder = locateDataFolder(options.data);
  if (lockHolder(folder.path)) return work(findRunning(options.data));
  return withScratchServer(existing(folder.snapshots), work);
}

/** Throws NOT_FOUND. */
export function existing(folder: string): string {
  const path = resolve(folder);
  if (existsSync(path)) return path;
  throw new MoltError("NOT_FOUND", {
    message: `there is no folder ${path}`,
    hint: "Name the folder of the snapshots with --from.",
  });
}

export async function listSnapshots(options: SnapshotsOptions, output: Output): Promise<void> {
  await withSnapshots(options, async (address) => {
    const state = await snapshotsState(address);
    if (state.error) chooseSnapshot(state, undefined);
    for (const row of state.snapshots) output.result(lineOf(row), { type: "snapshot", ...row });
    if (state.snapshots.length === 0) output.result(`no snapshots in ${state.place}`, { type: "none", place: state.place });
  });
}

export async function createSnapshot(options: SnapshotsOptions, output: Output): Promise<void> {
  const address = findRunning(options.data);
  said(await doSnapshots(address, "create", {}, progress(output)), output);
}

export async function verifySnapshot(name: string | undefined, options: SnapshotsOptions, output: Output): Promise<void> {
  const passphrase = await readPassphrase(options);
  await withSnapshots(options, async (address) => {
    const { id } = chooseSnapshot(await snapshotsState(address), name);
    said(await doSnapshots(address, "verify", { id, ...passphrase }, progress(output)), output);
  });
}

export async function diffSnapshots(
  from: string,
  to: string | undefined,
  options: SnapshotsOptions,
  output: Output,
): Promise<void> {
  await withSnapshots(options, async (address) => {
    const state = await snapshotsState(address);
    const ids = { from: chooseSnapshot(state, from).id, ...(to === undefined ? {} : { to: chooseSnapshot(state, to).id }) };
    const found = await askSnapshots<SnapshotDifference>(address, "diff", ids);
    output.result(differenceText(found), { type: "difference", ...found });
  });
}

export async function downloadSnapshot(name: string | undefined, options: SnapshotsOptions, output: Output): Promise<void> {
  await withSnapshots(options, async (address) => {
    const { id } = chooseSnapshot(await snapshotsState(address), name);
    const path = resolve(options.out ?? `moltworker-${id}.tar`);
    const bytes = await fetchHost(address, `/api/snapshots/${id}.tar`);
    writeFileSync(path, bytes, { mode: 0o600, flag: "wx" });
    output.result(`${id} is in ${path}`, { type: "downloaded", id, path, bytes: bytes.length });
  });
}

/** Into the running assistant, whole or in part; a way back is made first. */
export async function restoreSnapshot(name: string | undefined, options: SnapshotsOptions, output: Output): Promise<void> {
  const passphrase = await readPassphrase(options);
  const address = findRunning(options.data);
  const { id } = chooseSnapshot(await snapshotsState(address), name);
  const items = itemsOf(options);
  said(
    await doSnapshots(address, "restore", { id, ...(items.length > 0 ? { items } : {}), ...passphrase }, progress(output)),
    output,
  );
}

export async function undoRestore(options: SnapshotsOptions, output: Output): Promise<void> {
  said(await doSnapshots(findRunning(options.data), "undo", {}, progress(output)), output);
}

export function itemsOf({ session = [], file = [], settings }: SnapshotsOptions): RestoreItem[] {
  return [
    ...session.map((name): RestoreItem => ({ kind: "session", name })),
    ...file.map((name): RestoreItem => ({ kind: "file", name })),
    ...(settings ? [{ kind: "config" } as const] : []),
  ];
}

/** From standard input: a passphrase in an argument is seen by every user of the machine. */
export async function readPassphrase({ passphraseStdin }: SnapshotsOptions): Promise<{ passphrase?: string }> {
  if (!passphraseStdin) return {};
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return {
    passphrase: Buffer.concat(parts)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
  };
}

export const progress = (output: Output) => (job: SnapshotJob) => {
  if (job.phase && job.totalRows > 0) output.note(`${job.phase}: ${job.doneRows} of ${job.totalRows} rows`);
};

export function said(job: SnapshotJob, output: Output): void {
  output.result(`${job.outcome ?? "done"} ${job.snapshotId ?? ""}`.trim(), { ...job, type: "job" });
}

function lineOf(row: SnapshotRow): string {
  const when = row.createdAt > 0 ? new Date(row.createdAt).toISOString().slice(0, 19).replace("T", " ") : "?".padEnd(19);
  const size = row.bytes < 1_000_000 ? `${Math.ceil(row.bytes / 1_000)} kB` : `${(row.bytes / 1_000_000).toFixed(1)} MB`;
  const facts = [row.state, row.reason, size, row.encrypted ? "encrypted" : undefined, row.error ?? undefined];
  return `${row.id}  ${when}  ${facts.filter((fact) => fact !== undefined && fact !== null).join(", ")}`;
}

function differenceText(found: SnapshotDifference): string {
  if (found.tables.length === 0) return "nothing differs";
  return [
    ...found.tables.map(
      ({ table, added, removed, changed }) => `${table}: ${added} added, ${removed} removed, ${changed} changed`,
    ),
    ...(["sessions", "files", "settings"] as const)
      .filter((kind) => found[kind].length > 0)
      .map((kind) => `${kind}: ${found[kind].join(", ")}`),
  ].join("\n");
}
