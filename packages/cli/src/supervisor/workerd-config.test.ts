import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedVariables } from "@moltworker/protocol/variables";
import { expect, it } from "vitest";
import { findWorkerd } from "./workerd-binary.ts";
import { workerdConfig } from "./workerd-config.ts";

const text = workerdConfig({
  version: '1.2.3-"quoted"',
  modules: ["worker.js", "chunk-a.js"],
  images: { sandbox: "moltworker-sandbox:1", sidecar: "moltworker-sidecar:1" },
});

it("is a configuration that workerd itself accepts", () => {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-config-"));
  for (const name of ["worker.js", "chunk-a.js"]) writeFileSync(join(folder, name), "export default {};");
  writeFileSync(join(folder, "config.capnp"), text);
  const { status, stderr } = spawnSync(findWorkerd(), ["compile", "--config-only", join(folder, "config.capnp")]);
  expect([status, stderr.toString()]).toEqual([0, ""]);
  rmSync(folder, { recursive: true });
});

it("binds every seed variable and the host key from the environment", () => {
  for (const name of ["HOST_KEY", ...seedVariables]) expect(text).toContain(`(name = "${name}", fromEnvironment = "${name}")`);
});

it("lets the Worker itself reach public addresses only", () => {
  expect(text).toContain(`(name = "internet", network = (allow = ["public"],`);
  expect(text).toContain(`globalOutbound = "internet"`);
});

it("puts the entry first", () => {
  expect(text.indexOf(`name = "worker.js"`)).toBeLessThan(text.indexOf(`name = "chunk-a.js"`));
});
