/** A machine without a Docker Engine: nothing else is missing, and every surface says what a sandbox would need. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { createSandboxWorld, type SandboxWorld } from "../support/sandbox-world.ts";
import { barriers, fitsWidth } from "../support/ui.ts";

let world: SandboxWorld;
let browser: Browser;
beforeAll(async () => {
  const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
  [world, browser] = await Promise.all([createSandboxWorld({ env }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.dispose();
});

it("scripts of the built-in shell run, and their files are saved", async () => {
  const { text, isError } = await world.bash("printf 'b\\na\\n' | sort > sorted.txt; cat sorted.txt");
  expect([text, isError]).toEqual(["a\nb", false]);
  expect(await world.file("sorted.txt")).toBe("a\nb\n");
});

it("a script that needs a sandbox is refused in words, with the cure and what there is instead", async () => {
  const { text, isError } = await world.bash("python3 -V");
  expect(isError).toBe(true);
  expect(text).toMatch(/^python3 needs the sandbox, and it cannot be had: .*Docker.*Without it there are coreutils/s);
});

it("the command and the doctor say so, and the doctor is well", async () => {
  expect((await world.server.run("containers")).stdout).toMatch(/Docker/);
  const report = await world.client.request("doctor.run", {});
  const check = report.checks.find(({ id }) => id === "containers");
  expect(check).toMatchObject({ verdict: "skipped" });
  expect(report.checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
});

it("the page says what is missing and how it is had", async () => {
  const link = (await world.server.run("link")).events[0]?.link as string;
  const { page, context, faults } = await openSurface(browser, link, { width: 360 });
  await page.getByText(/^Connected/).waitFor({ state: "attached" });
  await page.goto(`${world.server.url}#/admin/containers`);
  await page
    .getByText(/Install Docker/)
    .first()
    .waitFor();
  expect(await barriers(page)).toEqual([]);
  await fitsWidth(page);
  expect(faults).toEqual([]);
  await context.close();
});
