import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogLine } from "./log-line.ts";
import { permanentFailure, portOwner, workerdCrashed } from "./start-failure.ts";

let objects: string;
beforeEach(() => {
  objects = mkdtempSync(join(tmpdir(), "moltworker-objects-"));
  mkdirSync(join(objects, "moltworker-Assistant"));
});
afterEach(() => rmSync(objects, { recursive: true, force: true }));

function failure(message: string, port = 1) {
  const lines: LogLine[] = [{ ts: "", level: "error", event: "workerd", message }];
  return permanentFailure({ host: "example.invalid", port, objects, lines });
}

describe("permanentFailure", () => {
  it.each([
    ['Socket "http": bind(): Address already in use (os error 98)', "PORT_TAKEN"],
    ['Socket "http": bind(): Permission denied (os error 13)', "PORT_TAKEN"],
    ['Socket "http": getaddrinfo(): DNS lookup failed. host = example.invalid', "USAGE"],
    ['Socket "http": bind(): Cannot assign requested address (os error 99)', "USAGE"],
    ["SQLite failed; file is not a database: SQLITE_NOTADB", "STORAGE_CORRUPT"],
    ["database disk image is malformed: SQLITE_CORRUPT", "STORAGE_CORRUPT"],
  ])("%s → %s", (message, code) => {
    expect(failure(message)?.code).toBe(code);
  });

  it("leaves everything else to another try", () => {
    expect(failure("segmentation fault")).toBeUndefined();
  });

  it("names the damaged file even when the log is silent", () => {
    const path = join(objects, "moltworker-Assistant", "metadata.sqlite");
    writeFileSync(path, "these are not the bytes of a database");
    expect(failure("internal error; reference = x")?.message).toContain(path);
  });

  it("accepts a new, still empty database", () => {
    writeFileSync(join(objects, "moltworker-Assistant", "a.sqlite"), "");
    writeFileSync(join(objects, "moltworker-Assistant", "b.sqlite"), "SQLite format 3\0rest");
    expect(failure("internal error")).toBeUndefined();
  });
});

it.runIf(process.platform === "linux")("says who has a port", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(portOwner(port)?.pid).toBe(process.pid);
  expect(failure("Address already in use", port)?.message).toContain(`pid ${process.pid}`);
  await new Promise((resolve) => server.close(resolve));
  expect(portOwner(port)).toBeUndefined();
});

it("quotes the last error when the server keeps crashing", () => {
  const lines: LogLine[] = [
    { ts: "", level: "error", event: "workerd", message: "heap out of memory\nstack" },
    { ts: "", level: "info", event: "later" },
  ];
  const error = workerdCrashed({ host: "", port: 1, objects, lines }, { code: null, signal: "SIGABRT" });
  expect(error.message).toBe("the server keeps crashing (signal SIGABRT): heap out of memory");
});
