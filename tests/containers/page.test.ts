/** The containers' page in a real Chromium: how a start goes, what runs, its last lines, and a credential for the way out. */

import { readFileSync, writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, openSurface, type Surface } from "../support/browser.ts";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";
import { barriers, fitsWidth } from "../support/ui.ts";

let world: SandboxWorld;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([createSandboxWorld(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.dispose();
});

async function open(options: Parameters<typeof openSurface>[2]): Promise<Surface> {
  const surface = await openSurface(browser, (await world.server.run("link")).events[0]?.link as string, options);
  await surface.page.getByText(/^Connected/).waitFor({ state: "attached" });
  await surface.page.goto(`${world.server.url}#/admin/containers`);
  return surface;
}

async function isSound({ page, faults }: Surface): Promise<void> {
  expect(await barriers(page)).toEqual([]);
  await fitsWidth(page);
  expect(faults).toEqual([]);
}

test("a container is started and put to sleep, and says what runs and what it last wrote", async () => {
  const surface = await open({ width: 1280 });
  const card = surface.page.locator("[data-container=sandbox]");
  await card.getByText("Not started").waitFor();
  await card.getByRole("button", { name: "Start" }).click();
  await card.locator("xpath=self::*[@data-state='ready']").waitFor({ timeout: 60_000 });
  await card.getByText(/^1, since/).waitFor();
  await card.getByText("Its last lines").click();
  await card.getByText("generation 1 is ready").waitFor();
  await isSound(surface);
  await card.getByRole("button", { name: "Stop" }).click();
  await card.getByText("Asleep").waitFor({ timeout: 30_000 });
  await surface.context.close();
});

test("one that is killed says so on the page and to the doctor, with its cause, its cure and its last lines", async () => {
  const surface = await open({ width: 360, dark: true });
  const card = surface.page.locator("[data-container=sandbox]");
  await card.getByRole("button", { name: "Start" }).click();
  await card.locator("xpath=self::*[@data-state='ready']").waitFor({ timeout: 60_000 });
  for (const { id, role } of world.containers()) if (role === "app") docker(["kill", "-s", "KILL", id]);
  await card
    .getByRole("alert")
    .getByText(/ended by signal 9/)
    .waitFor({ timeout: 30_000 });
  await card.locator("summary").click();
  await card
    .locator("pre")
    .getByText(/is ready/)
    .waitFor();
  await isSound(surface);
  const report = JSON.stringify(await world.client.request("doctor.run", {}));
  expect(report).toMatch(/ended by signal 9/);
  await surface.context.close();
});

test("one that runs out of memory says so, with its limit, to the page, the API, the command and the doctor", async () => {
  await world.client.request("config.patch", { raw: JSON.stringify({ containers: { memoryMiB: 256 } }) } as never);
  const surface = await open({ width: 360 });
  const card = surface.page.locator("[data-container=sandbox]");
  await card.getByRole("button", { name: "Start" }).click();
  await card.locator("xpath=self::*[@data-state='ready']").waitFor({ timeout: 60_000 });
  const app = world.containers().find(({ role }) => role === "app")?.id ?? "";
  // Of all that run in it the kernel takes the container's own program: the others are many, and small.
  const first = docker(["inspect", "-f", "{{.State.Pid}}", app]).trim();
  const own = readFileSync(`/proc/${first}/task/${first}/children`, "utf8").trim().split(" ");
  for (const pid of own) writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  const small = `python3 -c "import time; held = bytearray(20_000_000); time.sleep(30)"`;
  docker(["exec", app, "sh", "-c", `for n in $(seq 20); do ${small} & done; wait`]);
  await card
    .getByRole("alert")
    .getByText(/ran out of memory \(256 MiB\)/)
    .waitFor({ timeout: 30_000 });
  await isSound(surface);
  expect((await world.sandbox()).reason).toMatchObject({ outOfMemory: true, exitCode: 137, code: "CONTAINER_FAILED" });
  expect((await world.server.run("containers")).stdout).toMatch(/ran out of memory \(256 MiB\)/);
  expect(JSON.stringify(await world.client.request("doctor.run", {}))).toMatch(/ran out of memory \(256 MiB\)/);
  await surface.context.close();
});

test("a credential is kept for a host, its value is shown nowhere, and it is forgotten again", async () => {
  const surface = await open({ width: 360 });
  const { page } = surface;
  await page.getByLabel("Host").fill("api.github.com");
  await page.getByLabel("Sent as").selectOption("Bearer token");
  await page.getByLabel("Value", { exact: true }).fill("ghp_typed-by-a-person");
  await page.getByRole("button", { name: "Keep" }).click();
  const row = page.getByRole("list", { name: "Credentials" }).getByRole("listitem").filter({ hasText: "api.github.com" });
  await row.getByText("set", { exact: true }).waitFor();
  expect(await page.content()).not.toContain("ghp_typed-by-a-person");
  const { credentials } = await world.client.request("containers.list", {});
  expect(credentials).toEqual([{ host: "api.github.com", header: "authorization", scheme: "Bearer", isSet: true }]);
  await isSound(surface);
  await page.getByRole("button", { name: "Remove the credential of api.github.com" }).click();
  await row.waitFor({ state: "detached" });
  expect((await world.client.request("containers.list", {})).credentials).toEqual([]);
  await surface.context.close();
});
