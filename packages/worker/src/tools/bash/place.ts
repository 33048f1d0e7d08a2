/**
 * Where a script runs: in the isolate when everything it calls is there, else in the sandbox. Judged from the text alone and
 * before anybody is asked, so it only looks for the words in the place of a command. Pure.
 */

/** What the interpreter inside the isolate has; a test holds it against the interpreter itself. */
export const isolateCommands: ReadonlySet<string> = new Set(
  `alias awk base64 basename bash cat chmod clear column comm cp cut date diff dirname du echo egrep env expand expr false fgrep file
   find fold grep gunzip gzip head help history hostname join jq ln ls md5sum mkdir mv nl od paste printenv printf pwd readlink rev rg
   rm rmdir sed seq sh sha1sum sha256sum sleep sort split stat strings tac tail tee time timeout touch tr tree true unalias unexpand
   uniq wc which whoami xargs zcat`.split(/\s+/),
);

const builtins: ReadonlySet<string> = new Set(
  `. : [ [[ break builtin cd command compgen complete continue declare dirs eval exec exit export getopts hash let local mapfile popd
   pushd read readarray readonly return set shift shopt source test trap type typeset ulimit umask unset wait`.split(/\s+/),
);

/** Words after which another command stands. */
const openers: ReadonlySet<string> = new Set("if then elif else while until do ! { time".split(" "));
/** Words that begin something in which no command follows on the same line. */
const clauses: ReadonlySet<string> = new Set("for select case in function fi done esac }".split(" "));
/** Commands that run the command in their arguments. */
const runners: ReadonlySet<string> = new Set("xargs timeout env command exec builtin nohup nice sudo".split(" "));

export type Place = "isolate" | "container";

export function placeOf(script: string): Place {
  return missingCommand(script) === undefined ? "isolate" : "container";
}

/** The first command that the isolate does not have. */
export function missingCommand(script: string): string | undefined {
  const own = new Set([...script.matchAll(/(?:^|[\s;])(?:function\s+)?([\w-]+)\s*\(\)/g)].map((match) => match[1]));
  for (const words of commandsOf(withoutHeredocs(script))) {
    const name = commandWord(words);
    if (name !== undefined && !own.has(name) && !isolateCommands.has(name) && !builtins.has(name)) return name;
  }
  return undefined;
}

/** The word in the place of the command, without its folder; undefined where none can be told. */
function commandWord(words: string[]): string | undefined {
  let at = 0;
  const skip = () => {
    while (at < words.length && (openers.has(words[at] ?? "") || /^[A-Za-z_]\w*\+?=/.test(words[at] ?? ""))) at += 1;
  };
  skip();
  while (runners.has(words[at] ?? "")) {
    at += 1;
    // Flags, and the number that `timeout` or a flag takes.
    while (/^-|^\d+(\.\d+)?[smhd]?$|^\{\}$/.test(words[at] ?? "")) at += 1;
    skip();
  }
  const word = words[at];
  if (word === undefined || clauses.has(word) || word === "((" || word.includes("$") || word.startsWith("#")) return undefined;
  // A script of the workspace: the isolate reads it like any other.
  if (/^\.{0,2}\/.*\.(sh|bash)$|^\.\//.test(word)) return undefined;
  return word.startsWith("/") ? word.split("/").at(-1) : word;
}

/** The words of each simple command, quotes taken off; commands inside `$( )` and backquotes are commands of their own. */
function commandsOf(script: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word = "";
  let quoted = false;
  let quote = "";
  const endWord = () => {
    if (word !== "" || quoted) words.push(word);
    word = "";
    quoted = false;
  };
  const endCommand = (keep = true) => {
    endWord();
    if (keep && words.length > 0) commands.push(words);
    words = [];
  };
  for (let at = 0; at < script.length; at += 1) {
    const sign = script[at] ?? "";
    const next = script[at + 1] ?? "";
    if (quote === "'") {
      if (sign === "'") quote = "";
      else word += sign;
    } else if (sign === "\\") {
      if (next !== "\n") word += next;
      at += 1;
    } else if (sign === "$" && next === "(" && script[at + 2] === "(") {
      at = Math.max(at, script.indexOf("))", at));
      word += "$";
    } else if (sign === "$" && next === "(") {
      // What surrounds it is looked at too: its own word holds a "$".
      const close = closingOf(script, at + 2);
      commands.push(...commandsOf(script.slice(at + 2, close)));
      word += "$";
      at = close;
    } else if (sign === "`") {
      const close = script.indexOf("`", at + 1);
      if (close < 0) break;
      commands.push(...commandsOf(script.slice(at + 1, close)));
      word += "$";
      at = close;
    } else if (quote === '"') {
      if (sign === '"') quote = "";
      else word += sign;
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      quoted = true;
    } else if (sign === "#" && word === "" && /\s|^$/.test(script[at - 1] ?? "")) {
      while (at < script.length && script[at + 1] !== "\n") at += 1;
    } else if (sign === ">" || sign === "<") {
      // The file of a redirection is no command, and its number no word.
      if (/^\d$/.test(word)) word = "";
      endWord();
      while (/[><&|]/.test(script[at + 1] ?? "")) at += 1;
      while (/[ \t]/.test(script[at + 1] ?? "")) at += 1;
      while (/[^\s;|&()<>]/.test(script[at + 1] ?? "")) at += 1;
    } else if (sign === ")") {
      // The pattern of a case.
      endCommand(!isPattern(script, at));
    } else if (/[;|&\n(]/.test(sign)) endCommand();
    else if (/\s/.test(sign)) endWord();
    else word += sign;
  }
  endCommand();
  return commands;
}

/** A `)` without its `(`, after `in` or `;;`. */
function isPattern(script: string, at: number): boolean {
  const line = script.slice(0, at);
  return /(\bin|;;)\s*\(?[^();]*$/.test(line) && /\bcase\b/.test(line);
}

function closingOf(script: string, from: number): number {
  let depth = 1;
  for (let at = from; at < script.length; at += 1) {
    if (script[at] === "(") depth += 1;
    else if (script[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return script.length;
}

function withoutHeredocs(script: string): string {
  return script.replace(/<<-?\s*(['"]?)(\w+)\1([^\n]*)\n[\s\S]*?\n\s*\2(?=\n|$)/g, "$3\n");
}
