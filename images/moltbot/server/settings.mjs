/**
 * What the gateway is started with: the home's own settings, with the few that the assistant decides laid over them. Its own
 * validator judges; what it refuses is kept beside, and the last settings that started are taken instead.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const validateMs = 60_000;
const mostRepairs = 4;

/** `over` wins; lists are values. Names that reach a prototype are no settings. */
export function merged(under, over) {
  if (!isObject(under) || !isObject(over)) return over === undefined ? under : over;
  const result = {};
  for (const name of new Set([...Object.keys(under), ...Object.keys(over)]))
    if (name !== "__proto__") result[name] = name in over ? merged(under[name], over[name]) : under[name];
  return result;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** A copy without what the issues name; the dropped paths. */
export function withoutIssues(settings, issues) {
  const copy = structuredClone(settings);
  const dropped = [];
  for (const { path, message } of issues) {
    const keys = path === "<root>" ? [] : path.split(".");
    const unknown = [...message.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
    const targets = /^Unrecognized keys?:/.test(message) ? unknown.map((name) => [...keys, name]) : [keys];
    for (const target of targets) {
      const last = target.at(-1);
      const parent = target
        .slice(0, -1)
        .reduce((value, key) => (isObject(value) || Array.isArray(value) ? value[key] : undefined), copy);
      if (last === undefined || parent === null || typeof parent !== "object" || !(last in parent)) continue;
      if (Array.isArray(parent)) parent.splice(Number(last), 1);
      else delete parent[last];
      dropped.push(target.join("."));
    }
  }
  return { settings: copy, dropped };
}

export function createSettings({ root, program, environment }) {
  const path = join(root, ".openclaw", "openclaw.json");
  const json5 = createRequire(join(program, "package.json"))("json5");

  function own() {
    if (!existsSync(path)) return { settings: {} };
    try {
      const settings = json5.parse(readFileSync(path, "utf8"));
      return isObject(settings) ? { settings } : { issues: [{ path: "<root>", message: "it is not an object" }] };
    } catch (error) {
      return { issues: [{ path: "<root>", message: String(error.message).slice(0, 200) }] };
    }
  }

  function write(settings) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** undefined when it is valid, else its issues. What the validator cannot say counts as valid: the start will tell. */
  async function validate() {
    const { code, out } = await run(program, ["config", "validate", "--json"], environment());
    if (code === 0) return undefined;
    try {
      const { issues } = JSON.parse(out);
      return Array.isArray(issues) && issues.length > 0
        ? issues.map(({ path: at, message }) => ({ path: String(at), message: String(message) }))
        : undefined;
    } catch {
      return undefined;
    }
  }

  function setAside() {
    if (existsSync(path)) renameSync(path, `${path}.refused`);
  }

  /**
   * Candidates from the best to the plainest: `{used, settings, refused}`. Each is written and has passed the validator when it
   * is handed out, unless it is the one that is `known` to have started; asking for the next says that the gateway did not start with it.
   */
  async function* candidates({ finish, lasting, last, known }) {
    const refused = [];
    const first = own();
    const sources = [];
    if (first.settings) sources.push({ used: "own", settings: first.settings });
    else refused.push({ which: "own", issues: first.issues });
    if (last) sources.push({ used: "last", settings: JSON.parse(last) });
    if (first.settings) sources.push({ used: "repaired", settings: first.settings });
    sources.push({ used: "minimal", settings: {} });
    let isAside = false;
    const tried = new Set();
    for (const { used, settings } of sources) {
      if (used !== "own" && !isAside) setAside();
      if (used !== "own") isAside = true;
      let wanted = finish(settings);
      const text = JSON.stringify(wanted);
      // The same settings end the same way, unless their faults are taken out.
      if (tried.has(text) && (used !== "repaired" || refused.length === 0)) continue;
      tried.add(text);
      write(wanted);
      const mark = createHash("sha256")
        .update(JSON.stringify(lasting(settings)))
        .digest("hex");
      // What has started once needs no second look.
      let issues = mark === known ? undefined : await validate();
      const dropped = [];
      for (let round = 0; issues && used === "repaired" && round < mostRepairs; round += 1) {
        const repaired = withoutIssues(wanted, issues);
        if (repaired.dropped.length === 0) break;
        dropped.push(...repaired.dropped);
        wanted = repaired.settings;
        write(wanted);
        issues = await validate();
      }
      if (issues) {
        refused.push({ which: used, issues });
        continue;
      }
      yield { used, settings: wanted, refused, dropped, mark: used === "repaired" ? "" : mark };
    }
  }

  return { path, candidates };
}

function run(program, args, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(program, "openclaw.mjs"), ...args], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    const late = setTimeout(() => child.kill("SIGKILL"), validateMs);
    const done = (code) => {
      clearTimeout(late);
      resolve({ code, out });
    };
    child.on("error", () => done(null));
    child.on("close", done);
  });
}
