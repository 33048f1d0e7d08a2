import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readFrom } from "../commands/logs.ts";
import { logFilePaths, openLogFile } from "./log-file.ts";

it("rotates by size, keeps three generations and loses nothing that they hold", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-logs-"));
  const log = openLogFile(folder, { maxBytes: 100 });
  for (let index = 0; index < 30; index++) log.write(`line ${String(index).padStart(4, "0")}`);
  log.close();
  const kept = logFilePaths(folder).map((path) => readFileSync(path, "utf8"));
  expect(kept.join("")).toBe(Array.from({ length: 30 }, (_, index) => `line ${String(index).padStart(4, "0")}\n`).join(""));
  const newest = logFilePaths(folder)[2] as string;
  expect(statSync(newest).mode & 0o777).toBe(0o600);
  expect((await readFrom(newest, 10)).lines[0]).toBe("line 0021");
  expect((await readFrom(newest, 10_000)).lines[0]).toBe("line 0020");
  rmSync(folder, { recursive: true });
});

it("drops lines rather than fail when the folder is gone", () => {
  const log = openLogFile("/nonexistent/folder");
  expect(() => log.write("line")).not.toThrow();
});
