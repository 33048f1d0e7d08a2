import { describe, expect, it } from "vitest";
import { commit, createTestWorkspace, createToolContext, filesOf } from "../../../../tests/support/tool-context.ts";
import type { ToolContext } from "../agent/tool.ts";
import type { Workspace } from "../storage/workspace.ts";
import { bash } from "./bash.ts";

async function run(command: string, workspace: Workspace = createTestWorkspace(), overrides: Partial<ToolContext> = {}) {
  return commit(workspace, await bash.execute({ command }, createToolContext(workspace, overrides)));
}

describe("bash", () => {
  it.each([
    ["echo hello | tr a-z A-Z", "HELLO"],
    ["for i in 1 2 3; do echo $((i * i)); done | paste -s -d + - | sed 's/+/ + /g'", "1 + 4 + 9"],
    [`echo '{"a":[1,2,{"b":"ü"}]}' | jq -r '.a[2].b'`, "ü"],
    ["printf 'b 2\\na 1\\n' | sort | awk '{print $2}' | tr '\\n' ,", "1,2,"],
    ["echo -n abc | sha256sum | cut -c1-8", "ba7816bf"],
    ["pwd; echo $HOME; ls", "/workspace\n/workspace"],
    ["f() { local x=$1; echo \"[$x]\"; }; f 'a b'; cat <<< text", "[a b]\ntext"],
    ["echo gone > /dev/null; echo kept", "kept"],
    ["echo out; echo err >&2", "out\nerr"],
    ["if grep -q x missing 2>/dev/null; then echo yes; else echo no; fi", "no"],
    ["true", "(no output)"],
    ["echo 日本 | wc -c; printf '\\xc3\\xa9'", "7\né"],
  ])("%s", async (command, text) => {
    expect(await run(command)).toMatchObject({ text, changes: [] });
  });

  it("reads the workspace and hands back exactly what changed", async () => {
    const workspace = createTestWorkspace({
      "a.md": "one\ntwo\n",
      "b.md": "keep",
      "dir/c.md": "gone",
      "dir/d.md": "moved",
      "same.md": "same",
    });
    const before = workspace.stat("a.md")?.revision;
    const outcome = await bash.execute(
      {
        command:
          "sed -i s/two/2/ a.md; rm dir/c.md; mv dir/d.md e.md; echo same > /tmp/x; printf same > same.md; mkdir -p new/deep; echo n > new/deep/n.md; touch b.md; cat b.md > /dev/null",
      },
      createToolContext(workspace),
    );
    expect(
      outcome.changes
        ?.map((change) => [change.path, change.baseRevision, change.content && new TextDecoder().decode(change.content)])
        .sort(),
    ).toEqual([
      ["a.md", before, "one\n2\n"],
      ["dir/c.md", expect.any(Number), null],
      ["dir/d.md", expect.any(Number), null],
      ["e.md", 0, "moved"],
      ["new/deep/n.md", 0, "n\n"],
    ]);
    expect(filesOf(workspace)["a.md"]).toBe("one\ntwo\n");
    commit(workspace, outcome);
    expect(filesOf(workspace)).toEqual({
      "a.md": "one\n2\n",
      "b.md": "keep",
      "e.md": "moved",
      "new/deep/n.md": "n\n",
      "same.md": "same",
    });
    expect(outcome.meta).toBe("exit 0, 5 files changed · in the isolate");
  });

  it("keeps bytes as they are", async () => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const workspace = createTestWorkspace({ "every.bin": every });
    await run(
      "cp every.bin copy.bin; cat every.bin every.bin > twice.bin; echo /wAB | base64 -d > small.bin; base64 every.bin | base64 -d > round.bin; cat every.bin >> small.bin; gzip -c every.bin | gunzip > zipped.bin; tail -c 3 every.bin > tail.bin",
      workspace,
    );
    const bytesOf = (path: string) => [...(workspace.read(path) ?? [])];
    expect(bytesOf("copy.bin")).toEqual([...every]);
    expect(bytesOf("twice.bin")).toEqual([...every, ...every]);
    expect(bytesOf("small.bin")).toEqual([255, 0, 1, ...every]);
    expect(bytesOf("round.bin")).toEqual([...every]);
    expect(bytesOf("zipped.bin")).toEqual([...every]);
    expect(bytesOf("tail.bin")).toEqual([253, 254, 255]);
    expect((await run("cat every.bin", workspace)).text).toMatch(/binary output, not shown/);
  });

  it("turns a file into a folder and back", async () => {
    const workspace = createTestWorkspace({ a: "file", "b/c": "folder" });
    await run("rm a; mkdir a; echo x > a/y; rm -r b; echo z > b", workspace);
    expect(filesOf(workspace)).toEqual({ "a/y": "x\n", b: "z\n" });
  });

  it("keeps what a failing script wrote, and says the exit code", async () => {
    const workspace = createTestWorkspace();
    expect(await run("echo 1 > a; false", workspace)).toMatchObject({
      text: "exit code 1",
      meta: "exit 1, 1 file changed · in the isolate",
    });
    expect(filesOf(workspace)).toEqual({ a: "1\n" });
    expect(await run("exit 3")).toMatchObject({ isError: true, text: "exit code 3" });
  });

  it.each([
    "git status",
    "python3 -c 'print(1)'",
    "curl https://example.com",
    "node -e 1",
    "tar cf x .",
    "yq . x",
    "sqlite3 x",
    "xan",
  ])("says that %s is missing", async (command) => {
    expect(bash.effect({ command })).toBe("external");
    const refusal = await bash.refusal?.({ command }, createToolContext(createTestWorkspace()));
    expect(refusal).toContain(`${command.split(" ")[0]} needs the sandbox, and it cannot be had`);
  });

  it("never writes outside the workspace's tree", async () => {
    const workspace = createTestWorkspace({ "a.md": "x" });
    await run(
      "echo x > ../../etc/passwd; echo y > /tmp/y; cd ..; echo z > z; cp /workspace/a.md /b; rm -rf /tmp /etc",
      workspace,
    );
    expect(filesOf(workspace)).toEqual({ "a.md": "x" });
    for (const name of ["'a\\\\b'", "$'a\\nb'", "$'\\u202e'", `${"x".repeat(600)}`]) {
      expect(await run(`echo x > ${name}`, workspace), name).toMatchObject({
        isError: true,
        text: expect.stringContaining("nothing was saved"),
      });
      expect((await run(`touch ${name}; echo after`, workspace)).text, name).toContain("after");
    }
    const links = await run("ln -s /workspace/a.md link; ln a.md hard; ls", workspace);
    expect(links.text).toContain("a.md");
    expect(filesOf(workspace)).toEqual({ "a.md": "x" });
  });

  it("does not lose another conversation's write", async () => {
    const workspace = createTestWorkspace({ "a.md": "1" });
    const outcome = await bash.execute({ command: "echo mine >> a.md" }, createToolContext(workspace));
    workspace.apply([{ path: "a.md", content: new TextEncoder().encode("theirs") }]);
    expect(() => commit(workspace, outcome)).toThrow(/changed since/);
    expect(filesOf(workspace)).toEqual({ "a.md": "theirs" });
  });
});

describe("bash is bounded", () => {
  it.each([
    "while true; do :; done",
    "while true; do echo x; done",
    "while true; do echo x >> a; done",
    "f() { f; }; f",
    ":(){ :|:& };:",
    "yes",
    "yes > a",
    "seq 1 1000000000",
    "seq 1 100000000 > a",
    "echo {1..100000000}",
    "echo {1..999}{1..999}{1..999}",
    "printf '%1000000000s' x",
    "printf -v x '%100000000s' x; echo $x",
    "x=aaaaaaaaaa; while true; do x=$x$x; done",
    "awk 'BEGIN { while (1) x = x \"aaaaaaaaaa\" }'",
    "awk 'BEGIN { for (;;) print 1 }'",
    "sed ':a;s/^/x/;ta' <<< y",
    "jq -n '[range(1000000000)]'",
    "jq -n 'def f: f; f'",
    "jq -n 'last(repeat(1))'",
    "head -c 10G /dev/zero",
    "cat /dev/zero",
    "cat /dev/urandom | head -c 1000000000",
    "eval \"$(printf 'echo x;%.0s' {1..30000})\"",
    "echo x | grep -E '(x+x+)+y'",
    "printf 'x%.0s' {1..5000} | grep -E '(x+x+)+y'",
    "[[ $(printf 'x%.0s' {1..5000}) =~ (x+x+)+y ]]",
    "echo $((2**1000000000))",
    "a=(); while true; do a+=(xxxxxxxxxxxxxxxxxxxx); done",
    "trap 'echo again' EXIT; while true; do true; done",
    "bash -c 'bash -c \"while true; do true; done\"'",
    "find / -exec find / \\;",
    "for i in {1..9000}; do cat big > /dev/null; done",
    "for i in {1..9000}; do cp big copy$i; done",
    "for i in {1..9000}; do echo x >> big; done",
    "sort big big big big > out; sort big big > out2",
    "while true; do touch f$((i++)); done",
    "mkdir -p $(printf 'a/%.0s' {1..300})",
  ])(
    "%s",
    async (command) => {
      const workspace = createTestWorkspace({ big: "line of text\n".repeat(300_000) });
      const outcome = await run(command, workspace);
      expect(outcome.text.length).toBeLessThan(1_100_000);
      expect(workspace.list().reduce((sum, file) => sum + file.sizeBytes, 0)).toBeLessThan(100_000_000);
    },
    20_000,
  );

  it("stops when told to", async () => {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const waiting = run("sleep 20; echo late > a", createTestWorkspace(), { signal: stop.signal });
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it("stops a busy script too, and saves nothing of it", async () => {
    const workspace = createTestWorkspace();
    const stop = new AbortController();
    let turns = 0;
    const clock = {
      now: () => 0,
      sleep: async () => {
        turns += 1;
        if (turns === 2) stop.abort(new Error("stopped"));
        stop.signal.throwIfAborted();
      },
    };
    await expect(run("while true; do echo x >> a; done", workspace, { signal: stop.signal, clock })).rejects.toThrow("stopped");
    expect(filesOf(workspace)).toEqual({});
  });
});
