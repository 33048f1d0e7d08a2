/** What must not be in the repository: paths of somebody's machine, private registries, secrets. */

import { type Finding, lineAt, type Repository } from "./repository.ts";

/** Written in parts, so that this file does not find itself. */
const traces: { pattern: RegExp; text: string }[] = [
  {
    pattern: /(?<![\w.$}~-])\/(?:home\/(?!user\b)[a-z][\w-]*|Users\/[A-Za-z][\w.-]*|root|work|workspaces?\/main)\/[\w.-]+/g,
    text: "a path of one machine",
  },
  { pattern: /[A-Za-z]:\\\\?Users\\\\?\w+/g, text: "a path of one machine" },
  {
    pattern: /https?:\/\/[^\s"'`)]*(?:artifactory|nexus|verdaccio|\/-\/[\w.-]+\.tgz)/g,
    text: "the address of a package registry",
  },
  { pattern: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}/g, text: "a private key" },
  { pattern: /\bsk-(?:ant|proj|or)-[A-Za-z0-9_-]{24,}/g, text: "a provider key" },
  { pattern: /\b(?:ghp|gho|github_pat)_[A-Za-z0-9_]{30,}/g, text: "a GitHub token" },
];

export function findTraces(repository: Repository): Finding[] {
  return repository.files.filter(isText).flatMap((file) => {
    const text = repository.read(file);
    return traces.flatMap(({ pattern, text: what }) =>
      [...text.matchAll(pattern)].map((match) => ({
        file,
        line: lineAt(text, match.index),
        text: `${what}: ${match[0].slice(0, 60)}`,
      })),
    );
  });
}

function isText(file: string): boolean {
  return /\.(ts|tsx|mjs|js|json|jsonc|md|css|html|svg|txt|toml|yml|yaml|sh)$/.test(file) || !/\.[a-z0-9]+$/i.test(file);
}
