/**
 * Files: the workspace becomes the workspace, skills a folder of it, and what else the source holds is kept beside, so that
 * nothing is lost. Where both sides have a file of one name and neither is as it was made, ours stays and theirs stands beside it.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { firstFiles } from "../agent/first-files.ts";
import { type Workspace, workspaceLimits } from "../storage/workspace.ts";
import { normalizePath } from "../storage/workspace-path.ts";
import type { ImportItem } from "./item.ts";
import { type Layout, nameOf } from "./layout.ts";
import type { SourceTree } from "./source-tree.ts";

/** Where files go that have no place of their own here. */
const asideFolder = "imported/";
/** Read by other items, or holding secrets: never copied as they are. */
const elsewhere =
  /(^|\/)(\.env|auth-profiles\.json|device-auth\.json|credentials\/.*|devices\/.*|identity\/.*|cron\/jobs\.json|exec-approvals\.json|config-journal-fingerprint\.key)$|\.sqlite(-wal)?$|\/sessions\/[^/]*\.(jsonl|json)$|(^|\/)(openclaw|clawdbot|moltbot)\.json$|\.sqsh$|(^|\/)\.last-sync$/;

export function fileItems(tree: SourceTree, layout: Layout, workspace: Workspace): ImportItem[] {
  const seen = new Set<string>();
  return tree.list().flatMap(({ path, sizeBytes }): ImportItem[] => {
    const place = placeOf(path, layout);
    if (place === undefined) return [];
    const item = itemOf(path, place, sizeBytes, { tree, workspace, seen });
    return [item];
  });
}

interface Place {
  path: string;
  aside: boolean;
}

function placeOf(path: string, layout: Layout): Place | undefined {
  const workspace = layout.workspaces.find((folder) => path.startsWith(folder));
  if (workspace !== undefined) return { path: path.slice(workspace.length), aside: false };
  const skills = layout.skills.find((folder) => path.startsWith(folder));
  if (skills !== undefined) return { path: `skills/${path.slice(skills.length)}`, aside: false };
  if (layout.memory !== undefined && path.startsWith(layout.memory)) return { path, aside: false };
  if (elsewhere.test(path)) return undefined;
  return { path: asideFolder + path, aside: true };
}

interface Around {
  tree: SourceTree;
  workspace: Workspace;
  seen: Set<string>;
}

function itemOf(source: string, place: Place, sizeBytes: number, { tree, workspace, seen }: Around): ImportItem {
  const item = { kind: "file", name: source } as const;
  let path: string;
  try {
    path = normalizePath(place.path);
  } catch (error) {
    return { ...item, verdict: "dropped", why: moltErrorFrom(error).message };
  }
  if (sizeBytes > workspaceLimits.fileBytes)
    return { ...item, verdict: "dropped", why: `larger than a file may be here (${workspaceLimits.fileBytes / 1_000_000} MB)` };
  const beside = besideOf(path);
  const content = () => tree.read(source) ?? new Uint8Array();
  const present = workspace.stat(path);
  const write = (to: string) => () => workspace.apply([{ path: to, content: content() }]);
  if (seen.has(path)) return { ...item, verdict: "dropped", why: `another file of the source is ${path} already` };
  seen.add(path);
  if (!present)
    return {
      ...item,
      verdict: place.aside ? "aside" : "taken",
      ...asideWhy(place, path),
      work: write(path),
    };
  if (equal(workspace.read(path), content())) return { ...item, verdict: "same" };
  if (isAsMade(path, workspace.read(path)))
    return {
      ...item,
      verdict: "taken",
      why: "it takes the place of the one that every assistant begins with",
      work: write(path),
    };
  if (equal(workspace.read(beside), content())) return { ...item, verdict: "same" };
  return { ...item, verdict: "changed", why: `there is another ${path} here; it becomes ${beside}`, work: write(beside) };
}

const asideWhy = (place: Place, path: string): { why?: string } =>
  place.aside ? { why: `it has no use here yet; kept as ${path}` } : {};

function besideOf(path: string): string {
  const dot = nameOf(path).lastIndexOf(".");
  const at = dot <= 0 ? path.length : path.length - nameOf(path).length + dot;
  return `${path.slice(0, at)}.imported${path.slice(at)}`;
}

function isAsMade(path: string, content: Uint8Array | undefined): boolean {
  const first = firstFiles.find((file) => file.path === path);
  return first !== undefined && equal(content, new TextEncoder().encode(first.text));
}

function equal(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left !== undefined && left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Files of the source that are no settings of ours, with secrets taken out; kept for their owner to look at. */
export function keptConfig(layout: Layout, workspace: Workspace): ImportItem[] {
  if (layout.configPath === undefined) return [];
  const text = `${JSON.stringify(withoutSecrets(layout.config), null, 2)}\n`;
  const path = `${asideFolder}${nameOf(layout.configPath)}`;
  const content = new TextEncoder().encode(text);
  const item = { kind: "file", name: layout.configPath } as const;
  if (equal(workspace.read(path), content)) return [{ ...item, verdict: "same" }];
  return [
    { ...item, verdict: "aside", why: `kept as ${path}, its secrets left out`, work: () => workspace.apply([{ path, content }]) },
  ];
}

const secretNames = /(token|secret|password|api_?key|key|credential|auth)$/i;

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === "string" && secretNames.test(name) ? "(left out)" : withoutSecrets(inner),
    ]),
  );
}

/** Never thrown by planning: a plan that cannot be made is an error of the source. */
export function unreadableSource(): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: "nothing in this archive is known: no configuration, workspace or conversation of OpenClaw, Moltbot or Clawdbot",
    hint: "Import the home folder itself (`~/.openclaw`), or the whole bucket.",
  });
}
