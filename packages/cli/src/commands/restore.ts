/**
 * `moltworker restore`: brings a data folder back from a snapshot while no assistant runs on it, also when its database is
 * damaged. What was there is moved aside and kept; when anything fails it is moved back.
 */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { askSnapshots, chooseSnapshot, doSnapshots, snapshotsState } from "../snapshots/ask.ts";
import { withServerOn } from "../snapshots/temporary-server.ts";
import { createDataFolder, type DataFolder } from "../supervisor/data-folder.ts";
import { acquireLock } from "../supervisor/lock.ts";
import { existing, progress, readPassphrase, type SnapshotsOptions, said } from "./snapshots.ts";

export interface RestoreOptions extends SnapshotsOptions {
  /** `https://host/bucket` or `https://host/bucket/prefix/`; keys come from the environment. */
  bucket?: string;
}

const parts = ["do", "blobs"] as const;

export async function restore(name: string | undefined, options: RestoreOptions, output: Output): Promise<void> {
  const passphrase = await readPassphrase(options);
  const bucket = options.bucket === undefined ? undefined : bucketOf(options.bucket, process.env);
  const folder = createDataFolder(options.data, options.from === undefined ? undefined : existing(options.from));
  const lock = acquireLock(folder.path);
  try {
    const aside = moveAside(folder);
    try {
      createDataFolder(folder.path, folder.snapshots);
      await withServerOn(folder, async (address) => {
        if (bucket) await askSnapshots(address, "destination", bucket);
        const { id } = chooseSnapshot(await snapshotsState(address), name);
        said(await doSnapshots(address, "restore", { id, ...passphrase, everything: true }, progress(output)), output);
      });
    } catch (error) {
      moveBack(folder, aside);
      throw error;
    }
    if (aside) output.note(`what was there before is kept in ${aside}`);
  } finally {
    lock.release();
  }
}

function moveAside(folder: DataFolder): string | undefined {
  const full = parts.filter((part) => existsSync(join(folder.path, part)) && readdirSync(join(folder.path, part)).length > 0);
  if (full.length === 0) return undefined;
  const aside = join(folder.path, `aside-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const part of full) renameSync(join(folder.path, part), join(aside, part));
  return aside;
}

function moveBack(folder: DataFolder, aside: string | undefined): void {
  for (const part of parts) rmSync(join(folder.path, part), { recursive: true, force: true });
  if (!aside) return;
  for (const part of readdirSync(aside)) renameSync(join(aside, part), join(folder.path, part));
  rmSync(aside, { recursive: true });
}

/** Throws USAGE. */
function bucketOf(text: string, environment: NodeJS.ProcessEnv) {
  const url = URL.parse(text);
  const [bucket, ...folders] = (url?.pathname ?? "").split("/").filter((part) => part !== "");
  const accessKeyId = environment.R2_ACCESS_KEY_ID ?? environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.R2_SECRET_ACCESS_KEY ?? environment.AWS_SECRET_ACCESS_KEY;
  if (!url || !bucket)
    throw new MoltError("USAGE", {
      message: "--bucket is an address such as https://<account>.r2.cloudflarestorage.com/<bucket>",
    });
  if (!accessKeyId || !secretAccessKey)
    throw new MoltError("USAGE", {
      message: "the bucket's keys are missing",
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY) for this command.",
    });
  const prefix = folders.length > 0 ? `${folders.join("/")}/` : "moltworker-snapshots/";
  return { endpoint: url.origin, bucket, prefix, accessKeyId, secretAccessKey, region: environment.AWS_REGION ?? "auto" };
}
