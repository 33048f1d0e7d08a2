/** Colours for code: shiki with its JavaScript engine, each language fetched when it first appears. */

import type { HighlighterCore } from "shiki/core";

export type Highlighted = { content: string; color?: string }[][];

type Grammar = () => Promise<{ default: unknown }>;

const grammars: Record<string, Grammar> = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  jsx: () => import("shiki/langs/jsx.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

const aliases: Record<string, string> = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  js: "javascript",
  mjs: "javascript",
  ts: "typescript",
  mts: "typescript",
  py: "python",
  rs: "rust",
  yml: "yaml",
  md: "markdown",
  htm: "html",
  dockerfile: "docker",
  golang: "go",
  jsonc: "json",
  h: "c",
  patch: "diff",
};

/** Longer blocks stay plain: colouring them would hold up the page. */
const longestCode = 30_000;
const keptResults = 200;

let core: Promise<HighlighterCore> | undefined;
const results = new Map<string, Highlighted>();

/** The colours, if they were worked out before. */
export function nowHighlighted(code: string, language: string): Highlighted | null {
  return results.get(`${language}\n${code}`) ?? null;
}

/** Tokens by line with their colours (CSS variables); null for languages not known here. */
export async function highlight(code: string, language: string): Promise<Highlighted | null> {
  const name = aliases[language.toLowerCase()] ?? language.toLowerCase();
  const grammar = grammars[name];
  if (!grammar || code.length > longestCode) return null;
  const known = nowHighlighted(code, language);
  if (known) return known;
  core ??= createCore();
  const highlighter = await core;
  if (!highlighter.getLoadedLanguages().includes(name)) await highlighter.loadLanguage((await grammar()).default as never);
  const { tokens } = highlighter.codeToTokens(code, { lang: name, theme: "ours" });
  const lines = tokens.map((line) => line.map(({ content, color }) => (color ? { content, color } : { content })));
  results.set(`${language}\n${code}`, lines);
  const oldest = results.size > keptResults ? results.keys().next().value : undefined;
  if (oldest !== undefined) results.delete(oldest);
  return lines;
}

async function createCore(): Promise<HighlighterCore> {
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] = await Promise.all([
    import("shiki/core"),
    import("shiki/engine/javascript"),
  ]);
  return createHighlighterCore({
    themes: [createCssVariablesTheme({ name: "ours", variablePrefix: "--shiki-", fontStyle: false })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}
