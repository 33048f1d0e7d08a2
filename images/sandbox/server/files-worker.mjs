/**
 * Everything that is done with files, as the tool user: whatever a link or an archive points at, this process reaches no
 * more than the tools do. The truth is the assistant's own files; `/workspace` is a working copy of them. One frame in, one out.
 */

import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { frameHead, framesOf } from "./frames.mjs";

const root = process.env.MOLTWORKER_WORKSPACE ?? "/workspace";
const mostFileBytes = 10_000_000;
const mostFiles = 20_000;
/** Made anew by the tools that made them; never the assistant's own. */
const leftOut = new Set(["node_modules", ".venv", "__pycache__", ".cache", ".npm"]);

/** By path: the revision that was written here, and how the file looked then. `proposed`: the hash that was handed over last. */
let manifest = new Map();

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex");
const at = (path) => join(root, path);

function safePath(path) {
  const segments = String(path).split("/");
  if (
    path === "" ||
    path.startsWith("/") ||
    path.includes("\0") ||
    segments.some((part) => part === "" || part === "." || part === "..")
  )
    throw new Error(`${JSON.stringify(path)} is not a path in the workspace`);
  return path;
}

/** The folder of a path, made if need be. A link on the way that leads out of the workspace is replaced by a folder. */
function makeFolder(path) {
  const segments = path.split("/").slice(0, -1);
  let folder = root;
  for (const segment of segments) {
    folder = join(folder, segment);
    const seen = lstatSync(folder, { throwIfNoEntry: false });
    if (seen && !seen.isDirectory()) rmSync(folder, { force: true });
    if (!seen?.isDirectory()) mkdirSync(folder);
  }
  if (realpathSync(dirname(at(path))) !== dirname(at(path))) throw new Error(`${path} leads out of the workspace`);
}

function lookAt(path) {
  const seen = lstatSync(at(path), { throwIfNoEntry: false });
  return seen?.isFile() ? { size: seen.size, mtimeMs: seen.mtimeMs, ctimeMs: seen.ctimeMs } : undefined;
}

const looksSame = (entry, seen) => entry.size === seen.size && entry.mtimeMs === seen.mtimeMs && entry.ctimeMs === seen.ctimeMs;

/** The content's hash, read only where the file does not look as it did. */
function hashAt(path, entry, seen) {
  return entry?.hash && looksSame(entry, seen) ? entry.hash : hashOf(readFileSync(at(path)));
}

function scan() {
  const files = new Map();
  const skipped = [];
  const skip = (path, why) => skipped.length < 50 && skipped.push({ path, why });
  const walk = (folder, prefix) => {
    let rows;
    try {
      rows = readdirSync(folder, { withFileTypes: true });
    } catch {
      return skip(prefix, "cannot be read");
    }
    for (const row of rows) {
      const path = prefix === "" ? row.name : `${prefix}/${row.name}`;
      if (row.isDirectory()) {
        if (!leftOut.has(row.name)) walk(join(folder, row.name), path);
        continue;
      }
      if (!row.isFile()) {
        skip(path, row.isSymbolicLink() ? "is a link" : "is not a file");
        continue;
      }
      const seen = lookAt(path);
      if (!seen) continue;
      if (seen.size > mostFileBytes) skip(path, `is larger than ${mostFileBytes / 1_000_000} MB`);
      else if (files.size >= mostFiles) skip(path, `is more than ${mostFiles} files`);
      else files.set(path, seen);
    }
  };
  walk(root, "");
  return { files, skipped };
}

const operations = {
  manifest({ manifest: given }) {
    manifest = new Map(Object.entries(given));
    return {};
  },

  /**
   * Makes the working copy ready for the truth: says what has to be written here, with the hash of what stands there now, and
   * takes away what the truth no longer has.
   */
  sync({ revisions }) {
    const need = [];
    const conflicts = [];
    for (const [path, revision] of Object.entries(revisions)) {
      const entry = manifest.get(path);
      const seen = lookAt(path);
      const hash = seen ? hashAt(path, entry, seen) : undefined;
      const changedHere = entry ? hash !== entry.hash : seen !== undefined;
      const handedOver = entry?.proposed !== undefined && entry.proposed === (hash ?? "deleted");
      if (entry?.revision === revision) {
        // Handed over and not taken: the truth says no.
        if (changedHere && handedOver) need.push({ path, hash });
        continue;
      }
      if (changedHere && !handedOver && seen) {
        renameSync(at(path), at(`${path}.sandbox-copy`));
        conflicts.push({ path, keptAs: `${path}.sandbox-copy` });
        need.push({ path });
      } else need.push({ path, hash });
    }
    for (const [path, entry] of [...manifest]) {
      if (path in revisions) continue;
      const seen = lookAt(path);
      const hash = seen ? hashAt(path, entry, seen) : undefined;
      if (seen && (hash === entry.hash || hash === entry.proposed)) rmSync(at(path), { force: true });
      manifest.delete(path);
    }
    return { need, conflicts };
  },

  /** Without data: what stands here already is this revision, if it still has this hash. */
  write({ path, revision, hash }, data) {
    safePath(path);
    if (data === undefined) {
      const seen = lookAt(path);
      const same = seen && hashOf(readFileSync(at(path))) === hash;
      manifest.set(path, { revision, hash, ...(same ? seen : {}) });
      return {};
    }
    makeFolder(path);
    const old = lstatSync(at(path), { throwIfNoEntry: false });
    if (old?.isDirectory()) rmSync(at(path), { recursive: true, force: true });
    const draft = `${at(path)}.moltworker-draft`;
    rmSync(draft, { recursive: true, force: true });
    writeFileSync(draft, data, { flag: "wx" });
    renameSync(draft, at(path));
    manifest.set(path, { revision, hash: hashOf(data), ...lookAt(path) });
    return {};
  },

  /** What differs from what was written here; each change names the revision it was made from. */
  changes() {
    const { files, skipped } = scan();
    const changed = [];
    const deleted = [];
    for (const [path, seen] of files) {
      const entry = manifest.get(path);
      let hash;
      try {
        hash = hashAt(path, entry, seen);
      } catch {
        skipped.push({ path, why: "cannot be read" });
        continue;
      }
      if (entry?.hash === hash) continue;
      changed.push({ path, base: entry?.revision ?? 0, sizeBytes: seen.size });
      manifest.set(path, { ...(entry ?? { revision: 0 }), proposed: hash });
    }
    const links = new Set(skipped.map(({ path }) => path));
    for (const [path, entry] of manifest) {
      if (files.has(path) || entry.revision === 0 || links.has(path)) continue;
      deleted.push({ path, base: entry.revision });
      manifest.set(path, { ...entry, proposed: "deleted" });
    }
    return { changed, deleted, skipped };
  },

  /** After a batch of writes: what is held here is kept where the tools cannot end it. */
  keep: () => ({}),

  read({ path }) {
    safePath(path);
    const seen = lookAt(path);
    if (!seen || realpathSync(at(path)) !== at(path)) return { gone: true };
    if (seen.size > mostFileBytes) throw new Error(`${path} is larger than ${mostFileBytes / 1_000_000} MB`);
    return { data: readFileSync(at(path)) };
  },

  /** Ends what carries the job's mark. `left`: something is made faster than it can be ended, as by a fork bomb. */
  sweep({ id }) {
    const mark = `MOLTWORKER_JOB=${id}`;
    let pids = [];
    for (let round = 0; round < 8; round += 1) {
      pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && marked(name, mark));
      if (pids.length === 0) break;
      for (const pid of pids) {
        try {
          process.kill(Number(pid), "SIGKILL");
        } catch {
          // It ended on its own.
        }
      }
    }
    return { left: pids.length };
  },
};

function marked(pid, mark) {
  try {
    const dead = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return !dead && readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
  } catch {
    return false;
  }
}

const keepsManifest = new Set(["sync", "changes", "keep"]);

for await (const { row, data } of framesOf(process.stdin)) {
  const { op, bytes: _bytes, ...input } = row;
  let answer;
  let file;
  try {
    const { data: read, ...result } = operations[op](input, data);
    answer = { result };
    file = read;
  } catch (error) {
    const full = error.code === "ENOSPC" || error.code === "EDQUOT";
    answer = { error: full ? "the container's disk is full" : error.message };
  }
  // The manifest outlives this process, which the tools may end: it is handed to the server after each change of it.
  if (keepsManifest.has(op)) answer.manifest = Object.fromEntries(manifest);
  process.stdout.write(frameHead(answer, file));
  if (file?.length > 0) process.stdout.write(file);
}
process.exit(0);
