/**
 * The files that one `bash` call sees: the workspace under `/workspace`, read only when asked for, and scratch space
 * everywhere else. Writes stay here until `changes()` hands them over; nothing reaches the workspace by itself. Links are
 * not supported: the workspace has none.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { CpOptions, FileContent, FsStat, IFileSystem, MkdirOptions, RmOptions } from "just-bash/browser";
import type { FileChange, FileStat, Workspace } from "../../storage/workspace.ts";
import { normalizePath, workspaceRoot } from "../../storage/workspace-path.ts";
import { bytesFromContent, type Encoding, encodingOf, textFromContent } from "./file-content.ts";
import { appendTo, emptyFolder, type FileNode, type FolderNode, fileOf, isFolder, type TreeNode } from "./file-node.ts";

export interface OverlayLimits {
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes written during the call, overwritten ones included. */
  writtenBytes: number;
  /** Bytes read during the call. */
  readBytes: number;
  /** Files and folders that exist at once. */
  nodes: number;
}

const overlayLimits: OverlayLimits = {
  fileBytes: 10_000_000,
  writtenBytes: 64_000_000,
  readBytes: 256_000_000,
  nodes: 50_000,
};

/** Operations after which the event loop gets a turn, so that abort and other sessions are heard. */
const operationsPerTurn = 256;

type DirentRow = { name: string; isFile: boolean; isDirectory: boolean; isSymbolicLink: boolean };

export class OverlayFileSystem implements IFileSystem {
  readonly #root: FolderNode;
  readonly #before = new Map<string, FileStat>();
  readonly #workspace: Workspace;
  readonly #limits: OverlayLimits;
  readonly #takeTurn: () => Promise<void>;
  readonly #now: () => number;
  #written = 0;
  #read = 0;
  #nodes = 1;
  #operations = 0;
  #outsideFrom: string | undefined;

  /** `takeTurn` gives the event loop a turn and rejects when the call was aborted. */
  constructor(workspace: Workspace, host: { now(): number; takeTurn(): Promise<void> }, limits: OverlayLimits = overlayLimits) {
    this.#workspace = workspace;
    this.#limits = limits;
    this.#now = host.now;
    this.#takeTurn = host.takeTurn;
    this.#root = emptyFolder(host.now());
    this.mkdirSync(workspaceRoot, { recursive: true });
    for (const stat of workspace.list()) {
      this.#before.set(stat.path, stat);
      const { parent, name } = this.#place(`${workspaceRoot}/${stat.path}`, "open", true);
      this.#put(parent, name, { kind: "file", mode: 0o644, mtimeMs: stat.updatedAt, size: stat.sizeBytes, base: stat });
    }
  }

  /** Where outside text came from that the script has read, when it has. */
  get outsideFrom(): string | undefined {
    return this.#outsideFrom;
  }

  /** What differs from the workspace, each change bound to the revision it was made from and marked like what was read. */
  changes(): FileChange[] {
    const readFrom = this.#outsideFrom;
    const after = new Map<string, FileNode>();
    const top = this.#find(workspaceRoot);
    if (top && isFolder(top)) collectFiles(top, "", after);
    const changes: FileChange[] = [];
    // Deletions first: a folder may have become a file.
    for (const [path, stat] of this.#before)
      if (!after.has(path)) changes.push({ path, content: null, baseRevision: stat.revision });
    for (const [path, node] of after) {
      const before = this.#before.get(path);
      if (before && node.base?.path === path) continue;
      const outsideFrom = readFrom ?? node.base?.outsideFrom;
      const content = this.#content(node).slice();
      if (before?.sizeBytes === content.length && sameBytes(content, this.#workspace.read(path))) continue;
      changes.push({ path, content, baseRevision: before?.revision ?? 0, outsideFrom });
    }
    return changes;
  }

  async readFile(path: string, options?: Encoding | { encoding?: Encoding | null }): Promise<string> {
    return textFromContent(await this.readFileBuffer(path), encodingOf(options));
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    await this.#turn();
    const node = this.#existing(path, "open");
    if (isFolder(node)) throw failure("EISDIR", "illegal operation on a directory", "read", path);
    this.#read += node.size;
    if (this.#read > this.#limits.readBytes)
      throw failure("EIO", `more than ${this.#limits.readBytes} bytes were read in one call`, "read", path);
    return this.#content(node).slice();
  }

  async writeFile(path: string, content: FileContent, options?: Encoding | { encoding?: Encoding }): Promise<void> {
    await this.#turn();
    this.writeFileSync(path, content, options);
  }

  writeFileSync(path: string, content: FileContent, options?: Encoding | { encoding?: Encoding }): void {
    const bytes = bytesFromContent(content, encodingOf(options));
    this.#charge(path, bytes.length, bytes.length);
    const { parent, name, node } = this.#place(path, "open", true);
    if (node && isFolder(node)) throw failure("EISDIR", "illegal operation on a directory", "open", path);
    this.#put(parent, name, { ...fileOf(bytes, this.#now()), mode: node?.mode ?? 0o644 });
  }

  async appendFile(path: string, content: FileContent, options?: Encoding | { encoding?: Encoding }): Promise<void> {
    await this.#turn();
    const node = this.#find(this.#absolute(path));
    if (!node || isFolder(node)) return this.writeFileSync(path, content, options);
    const bytes = bytesFromContent(content, encodingOf(options));
    this.#charge(path, node.size + bytes.length, bytes.length);
    appendTo(node, this.#content(node), bytes, this.#now());
  }

  async exists(path: string): Promise<boolean> {
    await this.#turn();
    return this.#find(this.#absolute(path)) !== undefined;
  }

  async stat(path: string): Promise<FsStat> {
    await this.#turn();
    const node = this.#existing(path, "stat");
    const size = isFolder(node) ? 0 : node.size;
    return {
      isFile: !isFolder(node),
      isDirectory: isFolder(node),
      isSymbolicLink: false,
      mode: node.mode,
      size,
      mtime: new Date(node.mtimeMs),
    };
  }

  lstat(path: string): Promise<FsStat> {
    return this.stat(path);
  }

  async mkdir(path: string, options?: MkdirOptions): Promise<void> {
    await this.#turn();
    this.mkdirSync(path, options);
  }

  mkdirSync(path: string, options?: MkdirOptions): void {
    const { parent, name, node } = this.#place(path, "mkdir", options?.recursive === true);
    if (!node && name !== "") return this.#put(parent, name, emptyFolder(this.#now()));
    if (!options?.recursive || (node && !isFolder(node))) throw failure("EEXIST", "file already exists", "mkdir", path);
  }

  async readdir(path: string): Promise<string[]> {
    return (await this.readdirWithFileTypes(path)).map((row) => row.name);
  }

  async readdirWithFileTypes(path: string): Promise<DirentRow[]> {
    await this.#turn();
    const node = this.#existing(path, "scandir");
    if (!isFolder(node)) throw failure("ENOTDIR", "not a directory", "scandir", path);
    const rows = [...node.children].map(([name, child]) => ({
      name,
      isFile: !isFolder(child),
      isDirectory: isFolder(child),
      isSymbolicLink: false,
    }));
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async rm(path: string, options?: RmOptions): Promise<void> {
    await this.#turn();
    const { parent, name, node } = this.#place(path, "rm", false, options?.force === true);
    if (!node) {
      if (options?.force) return;
      throw failure("ENOENT", "no such file or directory", "rm", path);
    }
    if (isFolder(node) && node.children.size > 0 && !options?.recursive)
      throw failure("ENOTEMPTY", "directory not empty", "rm", path);
    if (name === "") throw failure("EBUSY", "resource busy", "rm", path);
    parent.children.delete(name);
    this.#nodes -= countNodes(node);
  }

  async cp(src: string, dest: string, options?: CpOptions): Promise<void> {
    await this.#turn();
    const node = this.#existing(src, "cp");
    if (isFolder(node) && !options?.recursive) throw failure("EISDIR", "is a directory", "cp", src);
    await this.#copy(node, this.#absolute(src), this.#absolute(dest));
  }

  async mv(src: string, dest: string): Promise<void> {
    await this.#turn();
    const from = this.#place(src, "mv", false);
    if (!from.node) throw failure("ENOENT", "no such file or directory", "mv", src);
    if (`${this.#absolute(dest)}/`.startsWith(`${this.#absolute(src)}/`)) {
      if (this.#absolute(dest) === this.#absolute(src)) return;
      throw failure("EINVAL", "cannot move a directory into itself", "mv", src);
    }
    const to = this.#place(dest, "mv", false);
    if (to.node && isFolder(to.node) && (!isFolder(from.node) || to.node.children.size > 0))
      throw failure("EISDIR", "target is a directory", "mv", dest);
    from.parent.children.delete(from.name);
    this.#nodes -= countNodes(from.node);
    this.#put(to.parent, to.name, from.node);
  }

  resolvePath(base: string, path: string): string {
    return this.#absolute(path.startsWith("/") ? path : `${base}/${path}`);
  }

  getAllPaths(): string[] {
    const paths: string[] = [];
    const walk = (folder: FolderNode, prefix: string) => {
      for (const [name, child] of folder.children) {
        paths.push(`${prefix}/${name}`);
        if (isFolder(child)) walk(child, `${prefix}/${name}`);
      }
    };
    walk(this.#root, "");
    return paths;
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#existing(path, "chmod").mode = mode & 0o7777;
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    this.#existing(path, "utimes").mtimeMs = mtime.getTime();
  }

  async symlink(_target: string, linkPath: string): Promise<void> {
    throw failure("EPERM", "links are not supported here; copy the file instead", "symlink", linkPath);
  }

  async link(_existingPath: string, newPath: string): Promise<void> {
    throw failure("EPERM", "links are not supported here; copy the file instead", "link", newPath);
  }

  async readlink(path: string): Promise<string> {
    this.#existing(path, "readlink");
    throw failure("EINVAL", "invalid argument", "readlink", path);
  }

  async realpath(path: string): Promise<string> {
    this.#existing(path, "realpath");
    return this.#absolute(path);
  }

  async #turn(): Promise<void> {
    this.#operations += 1;
    if (this.#operations % operationsPerTurn === 0) await this.#takeTurn();
  }

  async #copy(node: TreeNode, from: string, to: string): Promise<void> {
    await this.#turn();
    const { parent, name, node: target } = this.#place(to, "cp", false);
    if (!isFolder(node)) {
      if (target && isFolder(target)) throw failure("EISDIR", "is a directory", "cp", to);
      this.#charge(to, node.size, node.size);
      return this.#put(parent, name, { ...fileOf(this.#content(node).slice(), this.#now()), mode: node.mode });
    }
    if (`${to}/`.startsWith(`${from}/`)) throw failure("EINVAL", "cannot copy a directory into itself", "cp", to);
    if (target && !isFolder(target)) throw failure("ENOTDIR", "not a directory", "cp", to);
    if (!target) this.#put(parent, name, emptyFolder(this.#now()));
    for (const [child, childNode] of [...node.children]) await this.#copy(childNode, `${from}/${child}`, `${to}/${child}`);
  }

  /** Absolute, normalised as POSIX does (`..` at the root stays there), NFC like the workspace. Throws EINVAL for NUL. */
  #absolute(path: string): string {
    if (path.includes("\0")) throw failure("EINVAL", "path contains a NUL", "open", "…");
    const out: string[] = [];
    for (const segment of path.normalize("NFC").split("/")) {
      if (segment === "..") out.pop();
      else if (segment !== "" && segment !== ".") out.push(segment);
    }
    return `/${out.join("/")}`;
  }

  #find(absolute: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.#root;
    for (const segment of absolute.split("/")) {
      if (segment === "") continue;
      node = node && isFolder(node) ? node.children.get(segment) : undefined;
    }
    return node;
  }

  #existing(path: string, call: string): TreeNode {
    const node = this.#find(this.#absolute(path));
    if (!node) throw failure("ENOENT", "no such file or directory", call, path);
    return node;
  }

  /** The folder and name of a path, with what is there now. Parents are made when `make`; missing ones are an error unless `lenient`. */
  #place(
    path: string,
    call: string,
    make: boolean,
    lenient = false,
  ): { parent: FolderNode; name: string; node: TreeNode | undefined } {
    const segments = this.#absolute(path).split("/").filter(Boolean);
    const name = segments.pop() ?? "";
    let parent = this.#root;
    for (const segment of segments) {
      let next = parent.children.get(segment);
      if (!next && make) {
        next = emptyFolder(this.#now());
        this.#put(parent, segment, next);
      }
      if (!next && lenient) return { parent: emptyFolder(0), name, node: undefined };
      if (!next) throw failure("ENOENT", "no such file or directory", call, path);
      if (!isFolder(next)) throw failure("ENOTDIR", "not a directory", call, path);
      parent = next;
    }
    if (call !== "rm") checkWorkspaceName(this.#absolute(path), call, path);
    return { parent, name, node: name === "" ? this.#root : parent.children.get(name) };
  }

  #put(parent: FolderNode, name: string, node: TreeNode): void {
    const old = parent.children.get(name);
    this.#nodes += countNodes(node) - (old ? countNodes(old) : 0);
    if (this.#nodes > this.#limits.nodes)
      throw failure("ENOSPC", `more than ${this.#limits.nodes} files and folders`, "open", name);
    parent.children.set(name, node);
  }

  #charge(path: string, fileBytes: number, writtenBytes: number): void {
    if (fileBytes > this.#limits.fileBytes)
      throw failure("EFBIG", `file would be larger than ${this.#limits.fileBytes} bytes`, "write", path);
    this.#written += writtenBytes;
    if (this.#written > this.#limits.writtenBytes)
      throw failure("ENOSPC", `more than ${this.#limits.writtenBytes} bytes were written in one call`, "write", path);
  }

  #content(node: FileNode): Uint8Array {
    if (node.buffer) return node.buffer.subarray(0, node.size);
    if (!node.base) return new Uint8Array(0);
    const { path, revision, outsideFrom } = node.base;
    if (this.#workspace.stat(path)?.revision !== revision)
      throw failure("EAGAIN", "the file was changed by another conversation", "read", path);
    this.#outsideFrom ??= outsideFrom;
    node.buffer = this.#workspace.read(path) ?? new Uint8Array(0);
    return node.buffer;
  }
}

function failure(code: string, message: string, call: string, path: string): Error {
  return new Error(`${code}: ${message}, ${call} '${path}'`);
}

/** A name that the workspace could not keep is refused when it is made, not when the call is over. */
function checkWorkspaceName(absolute: string, call: string, path: string): void {
  if (!absolute.startsWith(`${workspaceRoot}/`)) return;
  try {
    normalizePath(absolute);
  } catch (error) {
    throw failure("EINVAL", error instanceof MoltError ? error.message : "invalid path", call, path);
  }
}

function collectFiles(folder: FolderNode, prefix: string, into: Map<string, FileNode>): void {
  for (const [name, child] of folder.children) {
    if (isFolder(child)) collectFiles(child, `${prefix}${name}/`, into);
    else into.set(prefix + name, child);
  }
}

function countNodes(node: TreeNode): number {
  let count = 1;
  if (isFolder(node)) for (const child of node.children.values()) count += countNodes(child);
  return count;
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}
