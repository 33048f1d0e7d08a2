/** The tree behind a `bash` call: plain data, content in a growing buffer so that appending is cheap. */

import type { FileStat } from "../../storage/workspace.ts";

export interface FileNode {
  kind: "file";
  mode: number;
  mtimeMs: number;
  size: number;
  /** Absent until first read; may be longer than `size`. */
  buffer?: Uint8Array;
  /** The workspace file that this still is, unchanged. */
  base?: FileStat;
}

export interface FolderNode {
  kind: "folder";
  mode: number;
  mtimeMs: number;
  children: Map<string, TreeNode>;
}

export type TreeNode = FileNode | FolderNode;

export function isFolder(node: TreeNode): node is FolderNode {
  return node.kind === "folder";
}

export function emptyFolder(mtimeMs: number): FolderNode {
  return { kind: "folder", mode: 0o755, mtimeMs, children: new Map() };
}

/** Takes over `bytes`; the caller must not change them afterwards. */
export function fileOf(bytes: Uint8Array, mtimeMs: number): FileNode {
  return { kind: "file", mode: 0o644, mtimeMs, size: bytes.length, buffer: bytes };
}

/** Adds to the end in place; the buffer doubles, so a loop of appends costs what it writes. */
export function appendTo(node: FileNode, content: Uint8Array, bytes: Uint8Array, mtimeMs: number): void {
  const size = node.size + bytes.length;
  let buffer = node.buffer;
  if (node.base || !buffer || buffer.length < size) {
    buffer = new Uint8Array(Math.max(size, 2 * node.size, 1_024));
    buffer.set(content);
  }
  buffer.set(bytes, node.size);
  node.buffer = buffer;
  node.size = size;
  node.mtimeMs = mtimeMs;
  delete node.base;
}
