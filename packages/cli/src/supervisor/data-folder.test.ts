import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDataFolder, gatewayToken, locateDataFolder } from "./data-folder.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "moltworker-folder-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;
const folderAt = (name = "data") => createDataFolder(join(base, name));

describe("createDataFolder", () => {
  it("makes everything for its owner alone", () => {
    const folder = folderAt("deep/data");
    for (const path of [folder.path, folder.objects, folder.blobs, folder.logs]) expect(modeOf(path)).toBe(0o700);
  });

  it("closes a folder that was open to others", () => {
    const { path } = folderAt();
    chmodSync(path, 0o755);
    expect(modeOf(folderAt().path)).toBe(0o700);
  });

  it("leaves a folder open that holds other things, and closes its own parts", () => {
    mkdirSync(join(base, "data"), { mode: 0o755 });
    writeFileSync(join(base, "data", "letter.txt"), "");
    expect(modeOf(folderAt().path)).toBe(0o755);
    expect(modeOf(folderAt().objects)).toBe(0o700);
  });

  it("gives one folder one name, through a symbolic link too", () => {
    const { path } = folderAt();
    symlinkSync(path, join(base, "alias"));
    expect(folderAt("alias").path).toBe(path);
    expect(locateDataFolder(join(base, "alias")).path).toBe(path);
  });

  it.each(["data", "data/below"])("says that a file is in the way of %s", (name) => {
    writeFileSync(join(base, "data"), "");
    expect(() => folderAt(name)).toThrow(
      expect.objectContaining({ code: "DATA_NOT_WRITABLE", message: expect.stringContaining("file") }),
    );
  });
});

describe("gatewayToken", () => {
  const tokenFile = () => join(base, "data", "gateway-token");

  it("is made once, random, and kept for its owner alone", () => {
    const folder = folderAt();
    const token = gatewayToken(folder, {});
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(gatewayToken(folder, {})).toBe(token);
    expect(modeOf(tokenFile())).toBe(0o600);
  });

  it("is seeded from the environment once; later the environment wins for the run alone", () => {
    const folder = folderAt();
    expect(gatewayToken(folder, { OPENCLAW_GATEWAY_TOKEN: " first " })).toBe("first");
    expect(gatewayToken(folder, { MOLTBOT_GATEWAY_TOKEN: "second", OPENCLAW_GATEWAY_TOKEN: "third" })).toBe("second");
    expect(gatewayToken(folder, { MOLTBOT_GATEWAY_TOKEN: " " })).toBe("first");
    expect(readFileSync(tokenFile(), "utf8")).toBe("first\n");
  });

  it("repairs a file that others can read, and replaces an empty one", () => {
    const folder = folderAt();
    writeFileSync(tokenFile(), "kept", { mode: 0o644 });
    expect(gatewayToken(folder, {})).toBe("kept");
    expect(modeOf(tokenFile())).toBe(0o600);
    writeFileSync(tokenFile(), "");
    expect(gatewayToken(folder, {})).toMatch(/^[0-9a-f]{64}$/);
  });
});
