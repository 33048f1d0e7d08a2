import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDataFolder, type DataFolder } from "./data-folder.ts";
import { startMarkOf } from "./process-identity.ts";
import { readRun } from "./run-file.ts";
import { type ServerEvent, Supervisor } from "./supervisor.ts";

let folder: DataFolder;
beforeEach(() => {
  folder = createDataFolder(mkdtempSync(join(tmpdir(), "moltworker-supervisor-")));
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

/** A supervisor over a stand-in for workerd: an executable file with this text. */
function supervising(program: string, environment: NodeJS.ProcessEnv = {}) {
  const binary = join(folder.path, "workerd");
  writeFileSync(binary, program, { mode: 0o755 });
  const events: ServerEvent[] = [];
  const built = { config: "config.capnp", ui: folder.path, build: join(folder.path, "build.json"), images: {} };
  const settings = {
    folder,
    host: "127.0.0.1",
    port: 0,
    binary,
    built,
    hostKey: "the-host-key",
    gatewayToken: "the-gateway-token",
    environment,
    version: "1",
  };
  let crashes = 0;
  const backoff = { next: () => (++crashes < 6 ? 1 : undefined) };
  return { supervisor: new Supervisor(settings, (event) => events.push(event), backoff), events };
}

describe("a workerd that ends at once", () => {
  it("is started five times more, then given up with its last words and exit code", async () => {
    const { supervisor, events } = supervising(
      `#!/bin/sh\necho '{"timestamp":"1","level":"error","source":"x","message":"out of luck"}' >&2\nexit 3\n`,
    );
    await expect(supervisor.run()).rejects.toMatchObject({
      code: "WORKERD_CRASHED",
      message: "the server keeps crashing (exit code 3): out of luck",
    });
    expect(events.filter((event) => event.type === "restarting")).toHaveLength(5);
    expect(readRun(folder.path)).toBeUndefined();
  });

  it("is not tried again when another try cannot help", async () => {
    const { supervisor, events } = supervising("#!/bin/sh\necho 'SQLITE_NOTADB: file is not a database' >&2\nexit 1\n");
    await expect(supervisor.run()).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    expect(events.filter((event) => event.type === "restarting")).toEqual([]);
  });

  it("is named as missing when this system cannot execute it", async () => {
    const { supervisor } = supervising("#!/nonexistent/loader\n");
    await expect(supervisor.run()).rejects.toMatchObject({ code: "WORKERD_MISSING" });
  });

  it("stops a pause between two tries as soon as it is told to stop", async () => {
    const { supervisor, events } = supervising("#!/bin/sh\nexit 3\n");
    const running = supervisor.run();
    supervisor.stop();
    await running;
    expect(events.at(-1)?.type).toBe("stopped");
  });
});

describe("a start that fails after workerd listens", () => {
  it("leaves no workerd running", async () => {
    const server = createServer((socket) => {
      socket.once("data", (request) =>
        socket.end(request.toString().startsWith("GET /readyz") ? "HTTP/1.0 200 OK\r\n\r\n{}" : "HTTP/1.0 500 No\r\n\r\n"),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const pidFile = join(folder.path, "pid");
    const { supervisor } = supervising(
      `#!/bin/sh\necho $$ > ${pidFile}\necho '{"event":"listen","socket":"http","port":${port}}' >&3\nexec sleep 60\n`,
    );
    await expect(supervisor.run()).rejects.toMatchObject({ code: "INTERNAL" });
    expect(startMarkOf(Number(readFileSync(pidFile, "utf8")))).toBeUndefined();
    server.close();
  });
});

describe("what workerd is given", () => {
  it("secrets and seeds in its environment, nothing else of ours, and no secret in its arguments or in a log", async () => {
    const seen = join(folder.path, "seen");
    const program = `#!/bin/sh\nenv > ${seen}\necho "$@" >> ${seen}.args\necho "I was given $HOST_KEY and $OPENAI_API_KEY" >&2\nexit 1\n`;
    const { supervisor, events } = supervising(program, {
      OPENAI_API_KEY: "sk-from-the-environment",
      HOME: "/home/me",
      UNRELATED_PASSWORD: "x",
    });
    await expect(supervisor.run()).rejects.toThrow();
    const environment = readFileSync(seen, "utf8");
    expect(environment).toContain("HOST_KEY=the-host-key\n");
    expect(environment).toContain("MOLTBOT_GATEWAY_TOKEN=the-gateway-token\n");
    expect(environment).toContain("OPENAI_API_KEY=sk-from-the-environment\n");
    expect(environment).not.toContain("UNRELATED_PASSWORD");
    const elsewhere = [
      readFileSync(`${seen}.args`, "utf8"),
      readFileSync(join(folder.logs, "moltworker.jsonl"), "utf8"),
      JSON.stringify(events),
    ].join("\n");
    for (const secret of ["the-host-key", "the-gateway-token", "sk-from-the-environment"])
      expect(elsewhere).not.toContain(secret);
  });
});
