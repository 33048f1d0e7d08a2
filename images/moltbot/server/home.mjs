/**
 * The home of OpenClaw as content: chunks by their hash, and a list of files made of them. Databases are copied by their own
 * backup, never byte by byte under a writer. A restore is complete and checked, or it is none; nothing is saved before one.
 */

import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";

const chunkBytes = 1_048_576;
const packBytes = 1_048_576;
const mostCopies = 8;
/** What OpenClaw makes again by itself. */
const left =
  /^(\.openclaw\/(cache|tmp|logs)|\.cache|\.npm|\.moltworker)(\/|$)|(^|\/)(node_modules|\.venv|__pycache__)(\/|$)|-(wal|shm|journal)$|\.lock$/;

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Where OpenClaw keeps what it knows of itself. */
const stateDatabase = ".openclaw/state/openclaw.sqlite";

export function createHome({ root }) {
  let phase = "empty";
  let files = 0;

  function* walk(folder = "") {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (left.test(path)) continue;
      if (entry.isDirectory()) yield* walk(path);
      else if (entry.isFile() || entry.isSymbolicLink()) yield path;
    }
  }

  /** Changes with every write to any file; a database's write may stand in its log alone. */
  function mark(paths) {
    const hash = createHash("sha256");
    for (const path of paths)
      for (const name of [path, `${path}-wal`]) {
        const stat = lstatSync(join(root, name), { throwIfNoEntry: false });
        if (stat && (name === path || stat.size > 0)) hash.update(`${name}\0${stat.size}\0${stat.mtimeMs}\0${stat.mode}\n`);
      }
    return hash.digest("hex");
  }

  async function* save({ have, last }) {
    if (phase !== "restored") throw Object.assign(new Error("nothing is saved before the home was restored"), { status: 409 });
    const paths = [...walk()];
    const now = mark(paths);
    if (now === last) return yield { type: "same" };
    const scratch = mkdtempSync("/tmp/home-");
    const list = [];
    const sent = new Set(have);
    let pack = [];
    let packed = 0;
    const chunk = (bytes) => {
      const sha = hashOf(bytes);
      const isNew = !sent.has(sha);
      sent.add(sha);
      return { sha, line: isNew ? { type: "chunk", sha, data: bytes.toString("base64") } : undefined };
    };
    const flush = () => {
      if (pack.length === 0) return undefined;
      const { sha, line } = chunk(Buffer.concat(pack.map(({ bytes }) => bytes)));
      let offset = 0;
      for (const { file, bytes } of pack) {
        file.parts = [{ sha, offset, length: bytes.length }];
        offset += bytes.length;
      }
      pack = [];
      packed = 0;
      return line;
    };
    try {
      for (const path of paths) {
        const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
        if (!stat) continue;
        if (stat.isSymbolicLink()) {
          list.push({ path, link: readlinkSync(join(root, path)) });
          continue;
        }
        const source = await steady(join(root, path), scratch);
        if (!source) continue;
        const size = lstatSync(source).size;
        const file = { path, mode: stat.mode & 0o777, size, sha: "", parts: [] };
        list.push(file);
        if (size <= 65_536) {
          const bytes = readFileSync(source);
          Object.assign(file, { size: bytes.length, sha: hashOf(bytes) });
          pack.push({ file, bytes });
          packed += bytes.length;
          const line = packed >= packBytes ? flush() : undefined;
          if (line) yield line;
          continue;
        }
        const whole = createHash("sha256");
        let total = 0;
        for (const bytes of piecesOf(source)) {
          whole.update(bytes);
          total += bytes.length;
          const { sha, line } = chunk(bytes);
          file.parts.push({ sha, offset: 0, length: bytes.length });
          if (line) yield line;
        }
        Object.assign(file, { size: total, sha: whole.digest("hex") });
      }
      const line = flush();
      if (line) yield line;
      files = list.length;
      yield { type: "manifest", mark: now, files: list };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /** Lines: first the manifest, then its chunks in any order. Throws without having touched `into` when anything is missing or wrong. */
  async function unpack(lines, into) {
    let manifest;
    const open = new Map();
    for await (const line of lines) {
      if (line.type === "manifest") {
        manifest = line;
        for (const file of manifest.files) {
          const path = join(into, file.path);
          if (!path.startsWith(`${into}/`) || file.path.split("/").includes(".."))
            throw new Error(`a file stands outside the home: ${file.path}`);
          mkdirSync(dirname(path), { recursive: true });
          if (file.link !== undefined) symlinkSync(file.link, path);
          else writeFileSync(path, "", { mode: 0o600 });
          let at = 0;
          for (const part of file.parts ?? []) {
            if (!open.has(part.sha)) open.set(part.sha, []);
            open.get(part.sha).push({ path, at, ...part });
            at += part.length;
          }
        }
      } else if (line.type === "chunk") {
        const bytes = Buffer.from(line.data, "base64");
        if (hashOf(bytes) !== line.sha) throw new Error(`chunk ${line.sha.slice(0, 12)} is damaged`);
        for (const { path, at, offset, length } of open.get(line.sha) ?? [])
          writeAt(path, bytes.subarray(offset, offset + length), at);
        open.delete(line.sha);
      }
    }
    if (!manifest) throw new Error("there is no list of files");
    if (open.size > 0) throw new Error(`${open.size} chunks are missing`);
    for (const file of manifest.files) {
      if (file.link !== undefined) continue;
      const path = join(into, file.path);
      const whole = createHash("sha256");
      for (const bytes of piecesOf(path)) whole.update(bytes);
      if (whole.digest("hex") !== file.sha) throw new Error(`${file.path} is not what was saved`);
      chmodSync(path, file.mode);
      if (isDatabase(path)) checkDatabase(path, file.path);
    }
    return manifest.files.length;
  }

  async function inScratch(lines, use) {
    mkdirSync(join(root, ".moltworker"), { recursive: true });
    const scratch = mkdtempSync(join(root, ".moltworker", "restore-"));
    try {
      return await use(await unpack(lines, scratch), scratch);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  return {
    root,
    state: () => ({ phase, files }),
    save,
    /** The home becomes what the lines say. With `{type: "empty"}` alone it begins anew: only for a home that never was. */
    async restore(lines) {
      if (phase === "restored") throw Object.assign(new Error("the home was restored already"), { status: 409 });
      phase = "restoring";
      try {
        const first = await lines.next();
        if (first.value?.type === "empty") files = 0;
        else
          files = await inScratch(again(first.value, lines), (count, scratch) => {
            endLeases(join(scratch, stateDatabase));
            for (const name of readdirSync(scratch)) {
              rmSync(join(root, name), { recursive: true, force: true });
              renameSync(join(scratch, name), join(root, name));
            }
            return count;
          });
        phase = "restored";
        return { files };
      } catch (error) {
        phase = "empty";
        throw Object.assign(error, { status: 422 });
      }
    },
    /** Restores into a scratch folder, checks, and throws it away. */
    prove: (lines) =>
      inScratch(lines, (count) => ({ files: count })).catch((error) => Promise.reject(Object.assign(error, { status: 422 }))),
  };
}

/** Whoever held a lease when the home was saved is gone: until it runs out, minutes later, a gateway would refuse to start. */
function endLeases(path) {
  if (!existsSync(path) || !isDatabase(path)) return;
  const database = new DatabaseSync(path);
  try {
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'state_leases'").get())
      database.exec("DELETE FROM state_leases");
  } finally {
    database.close();
  }
}

async function* again(first, rest) {
  yield first;
  yield* rest;
}

/** The file itself, or for a database a copy that is whole; undefined when it went meanwhile. */
async function steady(path, scratch) {
  if (!existsSync(path)) return undefined;
  if (!isDatabase(path)) return path;
  const copy = join(scratch, "database");
  // A writer in the middle of its work makes a copy impossible for a moment.
  for (let attempt = 1; ; attempt += 1) {
    rmSync(copy, { force: true });
    try {
      await copyDatabase(path, copy);
      return copy;
    } catch (error) {
      if (!existsSync(path)) return undefined;
      if (attempt >= mostCopies) throw new Error(`${path} cannot be copied: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 150 * attempt));
    }
  }
}

async function copyDatabase(path, copy) {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    await backup(database, copy);
  } finally {
    database.close();
  }
}

function isDatabase(path) {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(16);
    return readSync(file, head, 0, 16, 0) === 16 && head.toString("latin1") === "SQLite format 3\u0000";
  } finally {
    closeSync(file);
  }
}

function checkDatabase(path, name) {
  const database = new DatabaseSync(path);
  try {
    const row = database.prepare("PRAGMA quick_check(1)").get();
    if (Object.values(row ?? {})[0] !== "ok") throw new Error("it is damaged inside");
  } catch (error) {
    throw new Error(`${name} cannot be used as a database: ${error.message}`);
  } finally {
    database.close();
  }
}

function* piecesOf(path) {
  const file = openSync(path, "r");
  try {
    for (;;) {
      const bytes = Buffer.alloc(chunkBytes);
      const read = readSync(file, bytes, 0, chunkBytes, null);
      if (read === 0) return;
      yield bytes.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

function writeAt(path, bytes, at) {
  const file = openSync(path, "r+");
  try {
    // `writeSync` may write less than was asked for.
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
  } finally {
    closeSync(file);
  }
}
