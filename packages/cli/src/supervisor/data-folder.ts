/**
 * The data folder: everything the assistant owns on this machine, readable by its owner alone.
 * Creating it twice changes nothing; a secret in it is made once and kept.
 */

import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import { MAX_GATEWAY_TOKEN_BYTES } from "@moltworker/protocol/variables";

export interface DataFolder {
  path: string;
  /** Durable Object storage. */
  objects: string;
  blobs: string;
  logs: string;
  /** Where snapshots go unless another folder or a bucket is named. */
  snapshots: string;
}

function dataFolderAt(path: string): DataFolder {
  return {
    path,
    objects: join(path, "do"),
    blobs: join(path, "blobs"),
    logs: join(path, "logs"),
    snapshots: join(path, "snapshots"),
  };
}

/** The folder a command means: the flag, else `~/.moltworker`. Symbolic links are resolved, so one folder has one name. */
export function locateDataFolder(flag: string | undefined): DataFolder {
  const path = resolve(flag ?? join(homedir(), ".moltworker"));
  try {
    return dataFolderAt(realpathSync(path));
  } catch {
    return dataFolderAt(path);
  }
}

/**
 * Makes the folder and its parts, for this user alone; `snapshots` names another place for those. Throws DATA_NOT_WRITABLE
 * with the path and the system's reason.
 */
export function createDataFolder(flag: string | undefined, snapshots?: string): DataFolder {
  const path = resolve(flag ?? join(homedir(), ".moltworker"));
  try {
    makeFolder(path);
    const folder = dataFolderAt(realpathSync(path));
    if (snapshots !== undefined) folder.snapshots = resolve(snapshots);
    if ((statSync(folder.path).mode & 0o077) !== 0 && holdsOnlyOurs(folder.path)) chmodSync(folder.path, 0o700);
    const parts = [folder.objects, folder.blobs, folder.logs, folder.snapshots];
    for (const part of parts) makeFolder(part);
    // A folder named for the snapshots that cannot be written costs the snapshots, and is said there.
    const ours = parts.filter((part) => part !== folder.snapshots || snapshots === undefined);
    for (const part of [folder.path, ...ours]) accessSync(part, constants.W_OK);
    return folder;
  } catch (error) {
    throw notWritable(path, error);
  }
}

/** A folder that holds other things too, such as a home or /tmp, keeps its mode: our parts of it are closed one by one. */
function holdsOnlyOurs(path: string): boolean {
  return readdirSync(path).every((name) =>
    /^(do|blobs|logs|snapshots|aside-.*|gateway-token|run\.json|lock\.\d+|\.(lock|run|gateway-token)-.*)$/.test(name),
  );
}

/** One level at a time: Node's own recursive mkdir never returns where the system denies that a parent exists, as in /proc. */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function notWritable(path: string, error: unknown): MoltError {
  const { code = "error", path: at } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOENT: "the system allows no folder there",
    ENOTDIR: "a part of the path is a file, not a folder",
    EEXIST: "a file of that name is in the way",
    ENOSPC: "the disk is full",
  };
  return new MoltError("DATA_NOT_WRITABLE", {
    message: `the data folder ${at ?? path} cannot be written: ${reasons[code] ?? code}`,
    cause: error,
  });
}

const tokenNames = ["MOLTBOT_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_TOKEN", "CLAWDBOT_GATEWAY_TOKEN"] as const;

/**
 * The gateway token of this run. A variable of the environment wins; else the `gateway-token` file; else a new one.
 * The first value seen is kept in the file (0600). Throws CONFIG_INVALID for one that is too long.
 */
export function gatewayToken(folder: DataFolder, environment: NodeJS.ProcessEnv): string {
  const named = tokenNames.map((name) => environment[name]?.trim()).find(Boolean);
  const bytes = Buffer.byteLength(named ?? "");
  if (bytes > MAX_GATEWAY_TOKEN_BYTES)
    throw new MoltError("CONFIG_INVALID", {
      message: `the gateway token of the environment has ${bytes} bytes; at most ${MAX_GATEWAY_TOKEN_BYTES} are possible`,
      hint: "Give MOLTBOT_GATEWAY_TOKEN a shorter value, or leave it out: one is made.",
    });
  const kept = readToken(folder) ?? keepToken(folder, named ?? randomBytes(32).toString("hex"));
  return named ?? kept;
}

export const tokenPath = (folder: DataFolder): string => join(folder.path, "gateway-token");

/** The token that the file holds; undefined without one. */
export function readToken(folder: DataFolder): string | undefined {
  try {
    if ((statSync(tokenPath(folder)).mode & 0o077) !== 0) chmodSync(tokenPath(folder), 0o600);
    return readFileSync(tokenPath(folder), "utf8").trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw notWritable(tokenPath(folder), error);
  }
}

/** Written whole before it gets its name: a kill in between must not leave half a token. Throws DATA_NOT_WRITABLE. */
export function keepToken(folder: DataFolder, token: string): string {
  const draft = join(folder.path, `.gateway-token-${process.pid}`);
  try {
    writeFileSync(draft, `${token}\n`, { mode: 0o600 });
    try {
      unlinkSync(tokenPath(folder));
    } catch {
      // The usual case: there was none. An empty file is replaced.
    }
    linkSync(draft, tokenPath(folder));
    unlinkSync(draft);
  } catch (error) {
    throw notWritable(tokenPath(folder), error);
  }
  return token;
}
