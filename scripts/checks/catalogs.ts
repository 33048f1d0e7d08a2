/** Each catalog list names exactly the files of its folder, and a method's file is named as on the wire. */

import ts from "typescript";
import type { Finding, Repository } from "./repository.ts";

const source = "packages/worker/src";

/** `folder` holds the leaves; with `nested`, a leaf is a folder with a file of the same name in it. */
const catalogs = [
  { name: "methods", folder: "methods" },
  { name: "tools", folder: "tools" },
  { name: "channels", folder: "channels", nested: true },
  { name: "providers", folder: "ai-gateway/providers" },
  { name: "sections", folder: "config/sections" },
  { name: "checks", folder: "doctor/checks" },
];

export function findCatalogDrift(repository: Repository): Finding[] {
  const drift = catalogs.flatMap((catalog) => compare(repository, catalog));
  return [...drift, ...findMisnamedMethods(repository)];
}

function compare(repository: Repository, { name, folder, nested }: (typeof catalogs)[number]): Finding[] {
  const file = `${source}/catalog/${name}.ts`;
  const leaves = leavesIn(repository, `${source}/${folder}/`, nested === true);
  if (!repository.files.includes(file)) {
    return leaves.map((leaf) => ({ file: leaf, text: `is in no list: ${file} does not exist` }));
  }
  const listed = listedIn(file, repository.read(file), name);
  if (!listed) return [{ file, text: `exports no array named ${name}` }];
  const findings: Finding[] = [];
  for (const leaf of leaves) {
    const entry = [...listed.imports].find(([, path]) => path === leaf);
    if (!entry) findings.push({ file: leaf, text: `is not in ${file}: add one line there` });
    else if (!listed.elements.has(entry[0])) findings.push({ file, text: `imports ${entry[0]} and does not list it` });
  }
  for (const element of listed.elements) {
    if (!listed.imports.has(element)) findings.push({ file, text: `lists ${element}, which is no file of ${source}/${folder}` });
  }
  return findings;
}

function leavesIn(repository: Repository, folder: string, nested: boolean): string[] {
  const product = repository.files.filter(
    (file) => file.startsWith(folder) && file.endsWith(".ts") && !/\.(test|contract|d)\.ts$/.test(file),
  );
  return product.filter((file) => {
    const path = file.slice(folder.length).split("/");
    return nested ? path.length === 2 && path[1] === `${path[0]}.ts` : path.length === 1;
  });
}

/** What a catalog file imports by name from which file, and the identifiers in its array. */
function listedIn(file: string, text: string, name: string): { imports: Map<string, string>; elements: Set<string> } | undefined {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports = new Map<string, string>();
  let elements: Set<string> | undefined;
  for (const statement of parsed.statements) {
    if (ts.isImportDeclaration(statement)) readImport(statement, imports);
    if (ts.isVariableStatement(statement)) elements = readArray(statement, name) ?? elements;
  }
  return elements && { imports, elements };
}

function readImport(statement: ts.ImportDeclaration, imports: Map<string, string>): void {
  const bindings = statement.importClause?.namedBindings;
  if (!bindings || !ts.isNamedImports(bindings) || statement.importClause?.phaseModifier !== undefined) return;
  const path = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/^\.\.\//, `${source}/`);
  for (const element of bindings.elements) if (!element.isTypeOnly) imports.set(element.name.text, path);
}

function readArray(statement: ts.VariableStatement, name: string): Set<string> | undefined {
  for (const declaration of statement.declarationList.declarations) {
    if (declaration.name.getText() !== name) continue;
    let value = declaration.initializer;
    while (value && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
    if (value && ts.isArrayLiteralExpression(value)) return new Set(value.elements.map((element) => identifierOf(element)));
  }
  return undefined;
}

/** `one`, `createOne(…)` and `...many` are all entries called by their identifier. */
function identifierOf(element: ts.Expression): string {
  if (ts.isCallExpression(element)) return element.expression.getText();
  return ts.isSpreadElement(element) ? element.expression.getText() : element.getText();
}

function findMisnamedMethods(repository: Repository): Finding[] {
  return leavesIn(repository, `${source}/methods/`, false).flatMap((file) => {
    const wireName = /defineMethod[^(]*\(\{\s*name:\s*"([^"]+)"/.exec(repository.read(file))?.[1];
    const expected = file.slice(file.lastIndexOf("/") + 1, -".ts".length);
    return wireName === expected
      ? []
      : [{ file, text: `defines the method ${wireName ?? "without a name"}: a method's file is named as on the wire` }];
  });
}
