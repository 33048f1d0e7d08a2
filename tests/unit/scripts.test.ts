/** The plain scripts cannot import the product's TypeScript, so what they repeat of it is compared here. */

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { errorTable } from "@moltworker/protocol/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isBuilt } from "../../scripts/build.mjs";
import { assetManifest } from "../../scripts/build-ui.mjs";
import { exitCodes, requireNode } from "../../scripts/failure.mjs";
import { installedState } from "../../scripts/install.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "moltworker-scripts-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
}

it("uses the exit codes of the error table", () => {
  for (const [code, exit] of Object.entries(exitCodes)) expect(errorTable[code as keyof typeof errorTable].exit).toBe(exit);
});

it("names the oldest Node that works", () => {
  for (const version of ["20.19.0", "20.20.2", "22.0.0", "24.21.0"]) expect(() => requireNode(version)).not.toThrow();
  for (const version of ["18.20.0", "20.18.9"])
    expect(() => requireNode(version)).toThrow(expect.objectContaining({ code: "NODE_TOO_OLD" }));
});

describe("installedState", () => {
  const locked = {
    "": {},
    "node_modules/runtime": { version: "1.0.0" },
    "node_modules/tool": { version: "2.0.0", dev: true },
    "node_modules/other-machine": { version: "3.0.0", optional: true },
  };
  const install = (packages: Record<string, { version: string }>) => {
    write("package-lock.json", { packages: locked });
    write("node_modules/.package-lock.json", { packages });
    for (const path of Object.keys(packages)) mkdirSync(join(root, path), { recursive: true });
  };
  const [runtime, tool] = [{ "node_modules/runtime": { version: "1.0.0" } }, { "node_modules/tool": { version: "2.0.0" } }];

  it("knows an absent, a production and a development install", () => {
    write("package-lock.json", { packages: locked });
    expect(installedState(root)).toEqual({ complete: false, dev: false });
    install(runtime);
    expect(installedState(root)).toEqual({ complete: true, dev: false });
    install({ ...runtime, ...tool });
    expect(installedState(root)).toEqual({ complete: true, dev: true });
  });

  it("sees a package of another version, and one whose folder was removed", () => {
    install({ "node_modules/runtime": { version: "0.9.0" } });
    expect(installedState(root).complete).toBe(false);
    install(runtime);
    rmSync(join(root, "node_modules/runtime"), { recursive: true });
    expect(installedState(root).complete).toBe(false);
  });
});

it("takes a folder that was never built for stale", () => {
  expect(isBuilt({ root })).toBe(false);
});

describe("assetManifest", () => {
  it("gives type, etag and size by URL path; only hashed names last for ever", () => {
    write("index.html", "<!doctype html>");
    write("assets/app-abc.js", "1");
    const manifest = assetManifest(root) as Record<
      string,
      { contentType: string; etag: string; sizeBytes: number; immutable: boolean }
    >;
    expect(Object.keys(manifest).sort()).toEqual(["/assets/app-abc.js", "/index.html"]);
    expect(manifest["/index.html"]).toMatchObject({ contentType: "text/html; charset=utf-8", sizeBytes: 15, immutable: false });
    expect(manifest["/assets/app-abc.js"]).toMatchObject({ contentType: "text/javascript; charset=utf-8", immutable: true });
  });

  it("has an etag of the content, not of the time", () => {
    write("a.txt", "same");
    const [before] = Object.values(assetManifest(root)) as { etag: string }[];
    utimesSync(join(root, "a.txt"), 1, 1);
    expect(Object.values(assetManifest(root))[0]).toEqual(before);
    write("a.txt", "different");
    expect((Object.values(assetManifest(root)) as { etag: string }[])[0]?.etag).not.toBe(before?.etag);
  });
});
