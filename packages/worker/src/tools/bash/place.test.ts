import { getCommandNames } from "just-bash/browser";
import { describe, expect, it } from "vitest";
import { isolateCommands, missingCommand, placeOf } from "./place.ts";

const needModules = new Set(["tar", "yq", "xan", "sqlite3", "html-to-markdown"]);

describe("the place of a script", () => {
  it("knows what the interpreter has", () => {
    expect([...isolateCommands].sort()).toEqual(
      getCommandNames()
        .filter((name) => !needModules.has(name))
        .sort(),
    );
  });

  it.each([
    "echo hello | tr a-z A-Z",
    "for i in 1 2 3; do echo $((i * i)); done | paste -s -d + -",
    `echo '{"a":1}' | jq -r .a`,
    "f() { local x=$1; echo \"[$x]\"; }; f 'a b'; cat <<< text",
    "if grep -q x missing 2>/dev/null; then echo yes; else echo no; fi",
    "A=1 B=2 env | sort",
    "cat <<'EOF' > notes.md\npython3 is a program\ngit too\nEOF\nwc -l notes.md",
    "# git status\nls",
    "echo \"the git log\" 'npm i'",
    "case $x in git) echo one;; npm) echo two;; esac",
    "find . -name '*.md' | xargs grep -l x",
    "./run.sh; bash scripts/a.sh",
    "$TOOL status",
    'while read -r line; do echo "$line"; done < a.txt',
    "[[ -f a ]] && cat a > b 2>&1 || true",
    "timeout 5 sleep 1",
  ])("in the isolate: %s", (script) => expect([missingCommand(script), placeOf(script)]).toEqual([undefined, "isolate"]));

  it.each([
    ["python3 -c 'print(1)'", "python3"],
    ["cd repo && git status", "git"],
    ["echo $(node --version)", "node"],
    ['echo "`python3 -V`"', "python3"],
    ['x="$(git rev-parse HEAD)"; echo $x', "git"],
    ["cat a | python3 -m json.tool", "python3"],
    ["tar -czf a.tgz src", "tar"],
    ["FOO=1 npm test", "npm"],
    ["timeout 10 python3 a.py", "python3"],
    ["find . | xargs -n 1 node x.js", "node"],
    ["if git diff --quiet; then echo same; fi", "git"],
    ["for f in *.py; do python3 $f; done", "python3"],
    ["(cd a; make)", "make"],
    ["/usr/bin/python3 a.py", "python3"],
    ["ls > out.txt; curl example.com", "curl"],
    ["cat <<EOF | python3\nprint(1)\nEOF", "python3"],
  ])("in the sandbox: %s", (script, command) =>
    expect([missingCommand(script), placeOf(script)]).toEqual([command, "container"]),
  );
});
