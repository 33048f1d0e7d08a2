/** Every path, link, script and command that the documents name exists. */

import { type Finding, lineAt, type Repository } from "./repository.ts";

const tops = /^(packages|scripts|tests|docs|bench|images|\.ci)\//;

export function findDeadNames(repository: Repository): Finding[] {
  const documents = repository.files.filter((file) => file.endsWith(".md") && !file.startsWith("tests/"));
  return documents.flatMap((file) => {
    const text = repository.read(file);
    const named = [...pathsIn(text), ...linksIn(file, text), ...mapEntriesIn(text)];
    const dead = named.filter(({ path }) => path !== "" && !repository.exists(path));
    const findings: Finding[] = dead.map(({ path, offset }) => ({
      file,
      line: lineAt(text, offset),
      text: `names ${path}, which does not exist`,
    }));
    return [...findings, ...findDeadScripts(repository, file, text)];
  });
}

interface Named {
  path: string;
  offset: number;
}

/** In backticks, beginning with a folder of ours; `<placeholders>` and globs are judged by the folder before them. */
function pathsIn(text: string): Named[] {
  return [...text.matchAll(/`([^`\s]+)`/g)]
    .filter((match) => tops.test(match[1] as string))
    .map((match) => ({ path: beforeHole(match[1] as string), offset: match.index }));
}

function beforeHole(path: string): string {
  const hole = path.search(/[<*{…]/);
  return hole === -1 ? path.replace(/[:#].*$/, "") : path.slice(0, path.lastIndexOf("/", hole));
}

function linksIn(file: string, text: string): Named[] {
  const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : "";
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)];
  return targets
    .filter((match) => !/^([a-z]+:|#|\/\/)/.test(match[1] as string))
    .map((match) => ({ path: resolve(folder, (match[1] as string).replace(/#.*$/, "")), offset: match.index }));
}

/** A fenced block whose first line is a folder of ours is a map: each further line begins with an entry of that folder. */
function mapEntriesIn(text: string): Named[] {
  return [...text.matchAll(/```(?:text)?\n(\S+\/)\n([\s\S]*?)```/g)].flatMap((block) => {
    const folder = block[1] as string;
    if (!tops.test(folder)) return [];
    const entries = [...(block[2] as string).matchAll(/^ {2}(\S+)/gm)];
    return entries.map((entry) => ({ path: resolve(folder, entry[1] as string), offset: block.index }));
  });
}

function resolve(folder: string, path: string): string {
  const parts = folder.split("/").filter(Boolean);
  for (const part of path.split("/").filter((one) => one !== "" && one !== ".")) {
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

function findDeadScripts(repository: Repository, file: string, text: string): Finding[] {
  const { scripts = {} } = JSON.parse(repository.read("package.json")) as { scripts?: Record<string, string> };
  return [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test))\b/g)]
    .filter((match) => !(((match[1] ?? match[2]) as string) in scripts))
    .map((match) => ({ file, line: lineAt(text, match.index), text: `names ${match[0]}, which package.json does not have` }));
}
