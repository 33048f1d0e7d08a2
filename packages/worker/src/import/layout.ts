/**
 * Where things lie in a source: an OpenClaw, Moltbot or Clawdbot home, its config folder alone, or a moltworker bucket of any
 * generation. The newest usable configuration wins; an unusable one is set aside and named, and the next is tried.
 */

import JSON5 from "json5";
import { asObject, asText, readObject, readText, type SourceTree } from "./source-tree.ts";

export interface Layout {
  /** In words, for the report. */
  name: string;
  /** Folder of the configuration, with its closing slash; "" is the top. */
  configFolder: string;
  configPath: string | undefined;
  config: Record<string, unknown>;
  /** Folders of the workspace and of skills beside it, with closing slashes. */
  workspaces: string[];
  skills: string[];
  /** Folder of memory beside the workspace, as one fork's bucket has it, with its closing slash. */
  memory: string | undefined;
  /** Files that should have been configurations. */
  unusable: { path: string; why: string }[];
  /** Backups that lie in the source in a form that is not opened. */
  sealed: string[];
}

const configNames = ["openclaw.json", "clawdbot.json", "moltbot.json"];

/** The order in which moltworker's generations are preferred, after a home's own folders. */
const preferredFolders = [".openclaw/", "openclaw/", ".moltbot/", ".clawdbot/", "clawdbot/", ""];

export function findLayout(tree: SourceTree): Layout {
  const paths = tree.list().map(({ path }) => path);
  const candidates = paths.filter((path) => configNames.includes(nameOf(path)) && !path.includes("/workspace/"));
  candidates.sort((left, right) => rankOf(left) - rankOf(right) || left.length - right.length || (left < right ? -1 : 1));
  const unusable: Layout["unusable"] = [];
  let chosen: { path: string; config: Record<string, unknown> } | undefined;
  for (const path of candidates) {
    const read = readConfig(tree, path);
    if ("why" in read) unusable.push({ path, why: read.why });
    else chosen ??= { path, config: read.config };
  }
  const configFolder = chosen
    ? folderOf(chosen.path)
    : folderOf(paths.find((path) => /(^|\/)(agents|credentials|devices)\//.test(path)) ?? "");
  const base = configFolder === "" ? "" : parentOf(configFolder);
  const workspaces = workspacesIn(paths, chosen?.config ?? {}, configFolder, base);
  return {
    name: layoutName(paths, configFolder, chosen?.path),
    configFolder,
    configPath: chosen?.path,
    config: chosen?.config ?? {},
    workspaces,
    skills: [`${configFolder}skills/`, `${base}skills/`].filter(
      (folder, index, all) => all.indexOf(folder) === index && paths.some((path) => path.startsWith(folder)),
    ),
    memory:
      /^(openclaw|clawdbot)\/$/.test(configFolder) && paths.some((path) => path.startsWith("memory/")) ? "memory/" : undefined,
    unusable,
    sealed: sealedBackups(tree, paths),
  };
}

/** A configuration is JSON5, as OpenClaw reads it. */
function readConfig(tree: SourceTree, path: string): { config: Record<string, unknown> } | { why: string } {
  const text = readText(tree, path) ?? "";
  try {
    const config = asObject(JSON5.parse(text.replace(/^\uFEFF/, "")));
    return config ? { config } : { why: "it is no object" };
  } catch (error) {
    return { why: text.trim() === "" ? "it is empty" : `it is not JSON (${(error as Error).message.split("\n")[0]})` };
  }
}

function rankOf(path: string): number {
  const folder = folderOf(path);
  const rank = preferredFolders.findIndex((preferred) => (preferred === "" ? folder === "" : folder.endsWith(preferred)));
  return rank < 0 ? preferredFolders.length : rank;
}

function workspacesIn(paths: string[], config: Record<string, unknown>, configFolder: string, base: string): string[] {
  const defaults = asObject(asObject(config.agents)?.defaults);
  const named = asText(defaults?.workspace) ?? asText(asObject(config.agent)?.workspace);
  const folders = [
    `${configFolder}workspace/`,
    ...(named ? [`${base}${nameOf(named.replace(/\/+$/, ""))}/`, `${configFolder}${nameOf(named.replace(/\/+$/, ""))}/`] : []),
    `${base}workspace/`,
    `${base}clawd/`,
    `${parentOf(base)}clawd/`,
  ];
  return [...new Set(folders)].filter((folder) => paths.some((path) => path.startsWith(folder))).slice(0, 1);
}

function layoutName(paths: string[], configFolder: string, configPath: string | undefined): string {
  const lastSync = paths.includes(".last-sync");
  if (paths.some((path) => /^backup-handles?\.json$/.test(path))) return "a moltworker bucket (generation 3)";
  if (configFolder === "openclaw/") return `a moltworker bucket (generation ${lastSync ? "1b" : "2"})`;
  if (configFolder === "clawdbot/") return "a moltworker bucket (generation 1)";
  if (configFolder === "" && lastSync) return "a moltworker bucket (generation 0)";
  if (!configPath) return "a folder without a configuration";
  const product = { "openclaw.json": "OpenClaw", "moltbot.json": "Moltbot", "clawdbot.json": "Clawdbot" }[nameOf(configPath)];
  return `a home of ${product}`;
}

/** Backups of generation 3 are squashfs images; the newest one's handle says which it is. */
function sealedBackups(tree: SourceTree, paths: string[]): string[] {
  const images = paths.filter((path) => path.endsWith("/data.sqsh"));
  const newest = asText(readObject(tree, "backup-handle.json")?.id);
  return images.sort((left, right) => Number(right.includes(`/${newest}/`)) - Number(left.includes(`/${newest}/`)));
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);
const parentOf = (folder: string): string => folderOf(folder.slice(0, -1));
