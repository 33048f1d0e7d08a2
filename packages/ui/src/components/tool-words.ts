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
  spend: "go on spending money",
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
export function toolTarget(name: string, args: Record<string, unknown>): string {
  for (const key of targetKeys) {
    const value = args[key];
    if (typeof value === "string" && value.trim() !== "") return value.trim().split("\n")[0] ?? "";
  }
  return name === "ls" ? "all files" : "";
}

export interface ToolField {
  label: string;
  text: string;
  /** A row of text, or a block of code in this language. */
  block: { language: string } | null;
}

/** Longer than this, a value is a block of its own. */
const rowChars = 80;

/** Arguments one by one, short ones as rows, long ones as blocks, in the order they were given. Nothing is left out. */
export function toolFields(args: Record<string, unknown>): ToolField[] {
  return Object.entries(args).flatMap(([label, value]) => {
    // Texts by path, as the changes of a command come: each is read as the text it is, not as a line of JSON.
    if (isTexts(value))
      return Object.entries(value).map(([path, text]) => field(`${label}: ${path}`, text ?? "(deleted)", { ...args, path }));
    return [field(label, typeof value === "string" ? value : JSON.stringify(value, null, 2), args, typeof value !== "string")];
  });
}

function field(label: string, value: string, args: Record<string, unknown>, isJson = false): ToolField {
  const isBlock = label === "command" || value.includes("\n") || value.length > rowChars;
  return {
    label: revealed(label),
    text: revealed(value),
    block: isBlock ? { language: isJson ? "json" : languageOf(label, args) } : null,
  };
}

function isTexts(value: unknown): value is Record<string, string | null> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string" || text === null)
  );
}

const hidden = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** Characters that show nothing, look like others, or turn the order around are spelled out: what is approved must be seen. */
function revealed(text: string): string {
  return text.replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function languageOf(label: string, args: Record<string, unknown>): string {
  if (label === "command" || label === "cmd") return "bash";
  const path = typeof args.path === "string" ? args.path : "";
  return /\.([a-z0-9]+)$/i.exec(path)?.[1] ?? "";
}
