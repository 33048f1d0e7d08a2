/** Tool calls in words a person reads: what is done, and to what. */

const verbs: Record<string, [running: string, done: string]> = {
  read: ["Reading", "Read"],
  write: ["Writing", "Wrote"],
  edit: ["Editing", "Edited"],
  list: ["Listing", "Listed"],
  ls: ["Listing", "Listed"],
  search: ["Searching", "Searched"],
  grep: ["Searching", "Searched"],
  find: ["Finding", "Found"],
  bash: ["Running", "Ran"],
  exec: ["Running", "Ran"],
  web_fetch: ["Fetching", "Fetched"],
};

const wishes: Record<string, string> = {
  read: "read this file",
  write: "write this file",
  edit: "edit this file",
  bash: "run this command",
  exec: "run this command",
  web_fetch: "fetch this page",
};

/** What is asked for, to follow "would like to". */
export function toolWish(name: string): string {
  return wishes[name] ?? `use ${name}`;
}

const targetKeys = ["command", "cmd", "path", "file_path", "file", "url", "query", "pattern", "name"] as const;

export function toolVerb(name: string, done: boolean): string {
  const pair = verbs[name];
  if (pair) return done ? pair[1] : pair[0];
  const words = name.replaceAll(/[_.-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The one argument that says most, on one line. */
export function toolTarget(args: Record<string, unknown>): string {
  for (const key of targetKeys) {
    const value = args[key];
    if (typeof value === "string" && value.trim() !== "") return value.trim().split("\n")[0] ?? "";
  }
  return "";
}

export interface ToolField {
  label: string;
  text: string;
  language: string;
}

/** Arguments as blocks to read: long texts apart and whole, the rest as JSON. Nothing is left out. */
export function toolFields(args: Record<string, unknown>): ToolField[] {
  const fields: ToolField[] = [];
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(args)) {
    if (typeof value === "string" && (key === "command" || value.includes("\n") || value.length > 80)) {
      fields.push({ label: key, text: value, language: languageOf(key, args) });
    } else {
      rest[key] = value;
    }
  }
  if (Object.keys(rest).length > 0) fields.unshift({ label: "input", text: JSON.stringify(rest, null, 2), language: "json" });
  return fields;
}

function languageOf(key: string, args: Record<string, unknown>): string {
  if (key === "command" || key === "cmd") return "bash";
  const path = typeof args.path === "string" ? args.path : "";
  return /\.([a-z0-9]+)$/i.exec(path)?.[1] ?? "";
}
