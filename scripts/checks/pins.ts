/** Every dependency is pinned exactly, and the lockfile names no server: it must install from whatever registry the reader has. */

import { type Finding, lineAt, type Repository } from "./repository.ts";

/** A second copy of a package under another name is exact too: `npm:typescript@7.0.2`. */
const exact = /^(npm:(@[a-z0-9-]+\/)?[a-z0-9.-]+@)?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const groups = ["dependencies", "devDependencies", "optionalDependencies", "overrides"] as const;

export function findLoosePins(repository: Repository): Finding[] {
  const manifests = repository.files.filter((file) => /(^|\/)package\.json$/.test(file));
  return manifests.flatMap((file) => {
    const manifest = JSON.parse(repository.read(file)) as Partial<Record<(typeof groups)[number], Record<string, unknown>>>;
    return groups.flatMap((group) =>
      Object.entries(manifest[group] ?? {})
        .filter(([, version]) => typeof version !== "string" || !exact.test(version))
        .map(([name, version]) => ({ file, text: `${group}: ${name} is "${String(version)}", not an exact version` })),
    );
  });
}

export function findRegistryTraces(repository: Repository): Finding[] {
  const findings: Finding[] = [];
  if (repository.files.includes("package-lock.json")) {
    const text = repository.read("package-lock.json");
    for (const match of text.matchAll(/"resolved": "(?!packages\/)[^"]*"/g)) {
      findings.push({
        file: "package-lock.json",
        line: lineAt(text, match.index),
        text: `${match[0]}: take the URL out, the integrity hash is enough`,
      });
    }
  }
  for (const file of repository.files.filter((path) => /(^|\/)\.(npmrc|yarnrc|yarnrc\.yml)$/.test(path))) {
    if (/registry\s*[=:]/.test(repository.read(file))) findings.push({ file, text: "names a package registry" });
  }
  return findings;
}
