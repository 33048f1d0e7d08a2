/** The self-hosted server from outside: the built command as a child process, its exit codes, its locks, its recovery. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorTable } from "@moltworker/protocol/errors";
import { afterEach, describe, expect, it } from "vitest";
import { isRunning, runCommand, type Server, type ServerOptions, startServer } from "../support/server.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function started(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  cleanUps.push(() => server.dispose());
  return server;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-e2e-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts and expects a refusal; returns its message. */
async function refused(code: keyof typeof errorTable, args: string[], env?: Record<string, string>): Promise<string> {
  const result = await runCommand(["start", "--json", "--no-open", ...args], env);
  const error = result.events.find((event) => event.type === "error")?.error as {
    message: string;
    details: { code: string; hint: string };
  };
  expect(error?.details).toMatchObject({ code });
  expect(error.details.hint).not.toBe("");
  expect(result.code).toBe(errorTable[code].exit);
  return error.message;
}

const ready = (server: Server) => fetch(`${server.url}readyz`).then((response) => response.status);

describe("a running server", () => {
  it("prints a one-time link, answers, and keeps its secrets to its owner", async () => {
    const server = await started();
    expect(server.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{10,}$/);
    expect(await ready(server)).toBe(200);
    const { events } = await server.run("status");
    expect(events).toMatchObject([
      { type: "status", url: server.url, pid: server.pids.supervisor, workerdPid: server.pids.workerd },
    ]);
    const secrets = [
      readFileSync(join(server.dataDir, "gateway-token"), "utf8").trim(),
      JSON.parse(readFileSync(join(server.dataDir, "run.json"), "utf8")).hostKey,
    ];
    const [logs, args] = [
      logFiles(server).join("\n"),
      Object.values(server.pids).map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8")),
    ];
    for (const secret of secrets) expect([logs, ...args, JSON.stringify(server.events)].join("\n")).not.toContain(secret);
    expect(logs).not.toContain(new URL(server.link).hash.slice(1));
  });

  it("gives a fresh link for each asking", async () => {
    const server = await started();
    const links = [
      server.link,
      ...(await Promise.all([server.run("link"), server.run("link")])).map((result) => result.events[0]?.link),
    ];
    expect(new Set(links).size).toBe(3);
  });

  it("refuses a second start and says who holds the folder", async () => {
    const server = await started();
    const message = await refused("LOCK_HELD", ["--port", "0", "--data", server.dataDir]);
    expect(message).toContain(`pid ${server.pids.supervisor}`);
    expect(message).toContain(server.url);
    expect(await ready(server)).toBe(200);
  });

  it("lets exactly one of several simultaneous starts win", async () => {
    const dataDir = temporaryFolder();
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => started({ dataDir })));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
  });

  it("starts workerd again on the same port when it is killed", async () => {
    const server = await started();
    const first = server.pids.workerd;
    process.kill(first, "SIGKILL");
    await server.event((event) => event.type === "restarted");
    expect(server.pids.workerd).not.toBe(first);
    expect(await ready(server)).toBe(200);
    expect(isRunning(first)).toBe(false);
  });

  it("ends cleanly on SIGTERM and can be started again", async () => {
    const server = await started();
    expect(await server.stop()).toBe(0);
    expect(server.events.map((event) => event.type)).toEqual(expect.arrayContaining(["stopping", "stopped"]));
    expect(isRunning(server.pids.workerd)).toBe(false);
    await server.restart();
    expect(await ready(server)).toBe(200);
  });

  it("ends within its bound although a client keeps its connection open", async () => {
    const server = await started();
    const { connect } = await import("node:net");
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    cleanUps.push(() => socket.destroy());
    await new Promise((resolve) => socket.write("GET /readyz HTTP/1.1\r\nHost: x\r\n", resolve));
    expect(await server.stop()).toBe(0);
    expect(isRunning(server.pids.workerd)).toBe(false);
  });

  it("is stopped by `moltworker stop`, and the other verbs then say that nothing runs", async () => {
    const server = await started();
    expect((await server.run("stop")).code).toBe(0);
    for (const verb of ["stop", "link", "status"]) expect((await server.run(verb)).code).toBe(errorTable.NOT_RUNNING.exit);
    expect((await server.run("logs")).events).toContainEqual(
      expect.objectContaining({ event: "server.ready", port: server.port }),
    );
  });
});

describe("after a crash", () => {
  it("starts on the folder of a killed tree, with the same token", async () => {
    const server = await started();
    const token = readFileSync(join(server.dataDir, "gateway-token"), "utf8");
    await server.killTree();
    await server.restart();
    expect(await ready(server)).toBe(200);
    expect(readFileSync(join(server.dataDir, "gateway-token"), "utf8")).toBe(token);
  });

  it("ends the workerd that a killed supervisor left, before it starts another", async () => {
    const server = await started();
    const orphan = server.pids.workerd;
    process.kill(server.pids.supervisor, "SIGKILL");
    await server.restart();
    expect(isRunning(orphan)).toBe(false);
    expect(await ready(server)).toBe(200);
  });

  it("does so too where the kernel cannot end a process with its parent", async () => {
    // Without setpriv on PATH nothing ties workerd to its supervisor.
    const server = await started({ env: { PATH: temporaryFolder() } });
    const orphan = server.pids.workerd;
    process.kill(server.pids.supervisor, "SIGKILL");
    await server.event(() => false).catch(() => undefined);
    expect(isRunning(orphan)).toBe(true);
    await server.restart();
    expect(isRunning(orphan)).toBe(false);
    expect(await ready(server)).toBe(200);
  });
});

describe("a start that cannot succeed says why", () => {
  it("port taken, and by whom", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const message = await refused("PORT_TAKEN", ["--port", String(port), "--data", temporaryFolder()]);
    expect(message).toContain(`port ${port}`);
    expect(message).toContain(`pid ${process.pid}`);
  });

  it("a file in the place of the data folder", async () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    expect(await refused("DATA_NOT_WRITABLE", ["--port", "0", "--data", path])).toContain(path);
  });

  it("a folder that nobody may write", async () => {
    expect(await refused("DATA_NOT_WRITABLE", ["--port", "0", "--data", "/proc/moltworker"])).toContain("/proc");
  });

  it.each(["metadata.sqlite", "object"])("a damaged database: %s", async (which) => {
    const server = await started();
    await server.stop();
    const folder = join(server.dataDir, "do", "moltworker-Assistant");
    const name = readdirSync(folder).find(
      (file) => file.endsWith(".sqlite") && (file === "metadata.sqlite") === (which === "metadata.sqlite"),
    ) as string;
    writeFileSync(join(folder, name), "x".repeat(10_000));
    expect(await refused("STORAGE_CORRUPT", ["--port", "0", "--data", server.dataDir])).toContain(name);
    expect(readFileSync(join(folder, name), "utf8")).toBe("x".repeat(10_000));
  });

  it("a host name that does not resolve, and an address of another machine", async () => {
    await refused("USAGE", ["--port", "0", "--host", "nobody.invalid", "--data", temporaryFolder()]);
    await refused("USAGE", ["--port", "0", "--host", "192.0.2.1", "--data", temporaryFolder()]);
  });

  it.each([
    ["--port", "x"],
    ["--colour", "red"],
    ["surprise", "me"],
  ])("flags that make no sense: %s %s", async (...args) => {
    const result = await runCommand(args);
    expect(result.code).toBe(errorTable.USAGE.exit);
    expect(result.stderr).toContain("USAGE");
  });

  it("leaves no process and no lock behind", async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, "do", "moltworker-Assistant"), { recursive: true });
    writeFileSync(join(dataDir, "do", "moltworker-Assistant", "metadata.sqlite"), "damaged");
    await refused("STORAGE_CORRUPT", ["--port", "0", "--data", dataDir]);
    rmSync(join(dataDir, "do"), { recursive: true });
    expect(await ready(await started({ dataDir }))).toBe(200);
  });
});

function logFiles(server: Server): string[] {
  const folder = join(server.dataDir, "logs");
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
}
