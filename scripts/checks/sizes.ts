/**
 * Size limits: files up to 400 lines, functions up to 60, the file of a Durable Object class up to 250. A function is
 * measured by its own lines: those of functions inside it are theirs, so a factory counts like the class it stands for.
 */

import ts from "typescript";
import type { Finding, Repository } from "./repository.ts";

const fileLimit = 400;
const functionLimit = 60;
const durableObjectLimit = 250;
/** The composition root is a list of constructor calls, read from top to bottom: cutting it up would hide the order. */
const unlimitedFunctions: readonly string[] = ["packages/worker/src/services.ts", "packages/worker/src/services/core.ts"];

export function findOversized(repository: Repository): Finding[] {
  const sources = repository.files.filter((file) => /\.(ts|tsx|mjs)$/.test(file) && !/\.(generated|d)\.ts$/.test(file));
  return sources.flatMap((file) => oversizedIn(file, repository.read(file)));
}

function oversizedIn(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(
    file,
    text,
    ts.ScriptTarget.Latest,
    true,
    file.endsWith("x") ? ts.ScriptKind.TSX : undefined,
  );
  const findings: Finding[] = [];
  const lines = text.trimEnd().split("\n").length;
  const limit = source.statements.some(isDurableObject) ? durableObjectLimit : fileLimit;
  if (lines > limit) findings.push({ file, text: `${lines} lines, the limit is ${limit}` });
  /** Returns the lines that functions within the node account for. */
  const visit = (node: ts.Node): number => {
    let inner = 0;
    ts.forEachChild(node, (child) => {
      inner += visit(child);
    });
    if (!isFunction(node)) return inner;
    const line = lineOf(source, node.getStart(source));
    const whole = lineOf(source, node.end) - line + 1;
    const own = whole - inner;
    if (own > functionLimit && !unlimitedFunctions.includes(file))
      findings.push({ file, line, text: `function of ${own} own lines, the limit is ${functionLimit}` });
    // A short callback is read as part of what surrounds it.
    return whole > 3 ? whole : inner;
  };
  visit(source);
  return findings;
}

const lineOf = (source: ts.SourceFile, position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;

function isFunction(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

function isDurableObject(statement: ts.Statement): boolean {
  if (!ts.isClassDeclaration(statement)) return false;
  return (
    statement.heritageClauses?.some((clause) => clause.types.some((type) => type.expression.getText() === "DurableObject")) ??
    false
  );
}
