/** The sandbox of the whole product on a real Docker Engine: what it does, what it may not, and what is told when it fails. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";

let world: SandboxWorld;
beforeAll(async () => {
  world = await createSandboxWorld();
});
afterAll(() => world?.dispose());

describe("a command", () => {
  it("runs in the isolate while it can, and starts nothing", async () => {
    expect((await world.bash("echo hi | tr a-z A-Z")).text).toBe("HI");
    expect(world.containers()).toEqual([]);
  });

  it("runs in the sandbox when it must, says so, and brings its files home", async () => {
    await world.setFile("data/in.txt", "3\n4\n");
    const { text } = await world.bash(
      "python3 -c \"print(sum(int(l) for l in open('data/in.txt')))\" | tee out.txt; git --version; node --version; npm --version",
    );
    expect(text).toMatch(/^7\ngit version \d.*\nv24\..*\n11\..*\n\[in the sandbox, generation \d+\]$/);
    expect(await world.file("out.txt")).toBe("7\n");
  });

  it("sees what the assistant changed since, and what it deleted", async () => {
    await world.setFile("data/in.txt", "10\n");
    await world.bash("rm out.txt");
    expect(
      (await world.bash("python3 -c \"import os; print(open('data/in.txt').read().strip(), os.path.exists('out.txt'))\"")).text,
    ).toMatch(/^10 False\n/);
  });

  it("tells exit codes, standard error and Unicode", async () => {
    const { text, isError } = await world.bash("node -e \"console.error('größe'); process.exit(3)\"");
    expect([text, isError]).toEqual([expect.stringMatching(/^größe\nexit code 3\n\[in/), true]);
  });

  it("keeps a repository with its history from one container to the next", async () => {
    await world.bash("git init -q repo && cd repo && echo a > a && git add a && git commit -qm first");
    const { generation } = await world.sandbox();
    await world.client.request("containers.restart", { id: "sandbox" });
    const { text } = await world.bash("cd repo && git log --oneline && git status --short");
    expect(text).toMatch(/^[0-9a-f]+ first\n\[in the sandbox, generation \d+\]$/);
    expect((await world.sandbox()).generation).toBeGreaterThan(generation);
  });

  it("tells its output while it runs", async () => {
    const { updates } = await world.bash(
      "python3 -c \"import time; print('first', flush=True); time.sleep(1.5); print('last', flush=True)\"",
    );
    const at = (word: string) => updates.find(({ text }) => text === word)?.ts ?? Number.NaN;
    expect(at("last") - at("first")).toBeGreaterThan(1_000);
  });

  it("loses to the assistant where both changed a file, and its version is kept beside", async () => {
    await world.setFile("both.txt", "before\n");
    const running = world.bash("sleep 2; echo the sandbox > both.txt; echo alone > alone.txt; python3 -V");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await world.setFile("both.txt", "the assistant\n");
    await running;
    expect(await world.file("both.txt")).toBe("the assistant\n");
    expect(await world.file("both.txt.sandbox-copy")).toBe("the sandbox\n");
    expect(await world.file("alone.txt")).toBe("alone\n");
  });

  it("and where the change was made before it, it says so", async () => {
    const id = /job-\d+/.exec((await world.bash("echo a job > aside.txt", { background: true })).text)?.[0];
    await new Promise((resolve) => setTimeout(resolve, 500));
    await world.setFile("aside.txt", "the assistant\n");
    const { text } = await world.bash("cat aside.txt aside.txt.sandbox-copy; python3 -V");
    expect(text).toMatch(/^the assistant\na job\n/);
    expect(text).toContain("aside.txt was changed on both sides; the sandbox's version is kept as aside.txt.sandbox-copy");
    expect(await world.file("aside.txt.sandbox-copy")).toBe("a job\n");
    await world.call("jobs", { action: "read", id, waitSeconds: 5 });
  });

  it("goes on in the background, and its files come home with its end", async () => {
    const started = await world.bash("sleep 1; echo made > later.txt; echo end", { background: true });
    const id = /Started (job-\d+)/.exec(started.text)?.[1];
    expect((await world.call("jobs", { action: "list" })).text).toContain(id);
    const read = await world.call("jobs", { action: "read", id, waitSeconds: 20 });
    expect(read.text).toContain("end");
    expect(read.text).toContain("exit code 0");
    expect(await world.file("later.txt")).toBe("made\n");
  });

  it("in the background is stopped by its handle, and is not known under another", async () => {
    const id = /Started (job-\d+)/.exec((await world.bash("echo on; sleep 600", { background: true })).text)?.[1];
    expect((await world.call("jobs", { action: "list" })).text).toContain(`${id} running`);
    expect((await world.call("jobs", { action: "read", id, waitSeconds: 1 })).text).toMatch(/^on\n/);
    expect((await world.call("jobs", { action: "stop", id })).text).toMatch(
      new RegExp(`${id} ended: it was stopped|${id} running`),
    );
    const read = await world.call("jobs", { action: "read", id, waitSeconds: 10 });
    expect(read.text).toMatch(/^on\n[\s\S]*ended: it was stopped/);
    expect(await world.call("jobs", { action: "read", id: "job-999" })).toMatchObject({ isError: true });
    expect((await world.bash("pgrep -c sleep; python3 -V")).text).toMatch(/^0\n/);
  });
});

describe("nothing of it is the owner's", () => {
  it("is an ordinary user without a single right, on a read-only system, with no secret about", async () => {
    const { text } = await world.bash(
      "python3 - <<'EOF'\nimport os\nprint(os.getuid(), [l for l in open('/proc/self/status') if l.startswith(('CapEff', 'NoNewPrivs'))])\nEOF\nenv | grep -i -E 'secret|token|key' ; cat /proc/1/environ; touch /usr/x /etc/x; ls /var/run/docker.sock; git config -l | grep -c name",
    );
    expect(text).toContain("1000 ['CapEff:\\t0000000000000000\\n', 'NoNewPrivs:\\t1\\n']");
    expect(text).not.toMatch(/MOLTWORKER_GENERATION_SECRET|sk-test/);
    expect(text.match(/Read-only file system/g)?.length).toBe(2);
    expect(text).toMatch(/environ: Permission denied/);
    expect(text).toMatch(/docker.sock.*No such file/);
  });

  it("is held by the engine to what the policy says", () => {
    for (const { id, role } of world.containers()) {
      const [{ HostConfig, Config }] = JSON.parse(docker(["inspect", id])) as [
        { HostConfig: Record<string, never>; Config: { Env: string[] } },
      ];
      expect(HostConfig).toMatchObject({
        Privileged: false,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        RestartPolicy: { Name: "no" },
        ReadonlyRootfs: true,
        Binds: null,
        PidsLimit: role === "app" ? 256 : 32,
        Memory: (role === "app" ? 2_048 : 128) * 1_048_576,
      });
      if (role === "network")
        expect(JSON.stringify(HostConfig.PortBindings)).toBe('{"39001/tcp":[{"HostIp":"127.0.0.1","HostPort":""}]}');
      expect(JSON.stringify(Config.Env)).not.toContain("sk-test");
    }
  });
});
