/** Files as a git repository of one commit: loose objects that any git reads. Format: https://git-scm.com/docs/gitrepository-layout */

import { joined } from "@moltworker/protocol/tar";
import type { ExportFile } from "./tar-stream.ts";

export interface TreeFile {
  /** `/`-separated, relative. */
  path: string;
  content: Uint8Array;
}

interface Folder {
  files: Map<string, string>;
  folders: Map<string, Folder>;
}

const encoder = new TextEncoder();
const fileMode = "100644";
const folderMode = "40000";

/** The files of a `.git` folder, below `folder`. The work tree itself is the caller's. */
export async function* gitRepository(
  folder: string,
  files: Iterable<TreeFile>,
  commit: { message: string; author: string; atMs: number },
): AsyncGenerator<ExportFile, void, undefined> {
  const root: Folder = { files: new Map(), folders: new Map() };
  for (const { path, content } of files) {
    const object = await objectOf("blob", content);
    yield objectFile(folder, object);
    const parts = path.split("/");
    const name = parts.pop() as string;
    let at = root;
    for (const part of parts) {
      const next = at.folders.get(part) ?? { files: new Map(), folders: new Map() };
      at.folders.set(part, next);
      at = next;
    }
    at.files.set(name, object.id);
  }
  const trees: GitObject[] = [];
  const tree = await treeOf(root, trees);
  for (const object of trees) yield objectFile(folder, object);
  const seconds = Math.floor(commit.atMs / 1_000);
  const who = `${commit.author} ${seconds} +0000`;
  const head = await objectOf("commit", encoder.encode(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n${commit.message}\n`));
  yield objectFile(folder, head);
  yield { path: `${folder}.git/HEAD`, content: "ref: refs/heads/main\n" };
  yield { path: `${folder}.git/refs/heads/main`, content: `${head.id}\n` };
  yield { path: `${folder}.git/config`, content: "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n" };
}

interface GitObject {
  /** SHA-1 in hex, git's name for it. */
  id: string;
  deflated: Uint8Array;
}

async function treeOf(folder: Folder, made: GitObject[]): Promise<string> {
  const entries: { name: string; mode: string; id: string }[] = [];
  for (const [name, id] of folder.files) entries.push({ name, mode: fileMode, id });
  for (const [name, inner] of folder.folders) entries.push({ name, mode: folderMode, id: await treeOf(inner, made) });
  // Git sorts by bytes, and a folder as if its name ended with a slash.
  const keyed = entries.map((entry) => ({
    ...entry,
    key: encoder.encode(entry.mode === folderMode ? `${entry.name}/` : entry.name),
  }));
  keyed.sort((left, right) => compareBytes(left.key, right.key));
  const parts = keyed.flatMap(({ name, mode, id }) => [encoder.encode(`${mode} ${name}\0`), bytesFromHex(id)]);
  const object = await objectOf("tree", joined(parts));
  made.push(object);
  return object.id;
}

async function objectOf(kind: "blob" | "tree" | "commit", content: Uint8Array): Promise<GitObject> {
  const whole = joined([encoder.encode(`${kind} ${content.length}\0`), content]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", whole));
  const id = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const body = new Response(whole).body as ReadableStream<Uint8Array>;
  const pair = new CompressionStream("deflate") as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;
  return { id, deflated: new Uint8Array(await new Response(body.pipeThrough(pair)).arrayBuffer()) };
}

const objectFile = (folder: string, { id, deflated }: GitObject): ExportFile => ({
  path: `${folder}.git/objects/${id.slice(0, 2)}/${id.slice(2)}`,
  content: deflated,
});

const bytesFromHex = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < Math.min(left.length, right.length); index += 1)
    if (left[index] !== right[index]) return (left[index] as number) - (right[index] as number);
  return left.length - right.length;
}
