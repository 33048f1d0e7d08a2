/** Admin, Configuration: forms from the schema, refusals at their setting, two pages at once, history and the way back. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, openSurface, type Surface } from "../support/browser.ts";
import { connectClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

const canary = "sk-canary-0123456789abcdefABCDEF";
let browser: Browser;
let server: Server;
beforeAll(async () => {
  browser = await launchBrowser();
  server = await startServer({ env: { OPENAI_API_KEY: canary } });
});
afterAll(async () => {
  await browser.close();
  await server.dispose();
});

async function opened(section: string, options: { width?: number; dark?: boolean } = {}): Promise<Surface> {
  const { events } = await server.run("link");
  const surface = await openSurface(browser, String(events[0]?.link), options);
  await isReady(surface.page);
  await surface.page.goto(`${server.url}#/admin/configuration/${section}`);
  await surface.page.getByRole("heading", { name: "History" }).waitFor();
  return surface;
}

const setting = (page: Page, path: string) => page.locator(`[data-setting="${path}"]`);
const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true });

it.each([
  [360, true],
  [1280, false],
])("every section can be read by everybody at %i px, dark %s", async (width, dark) => {
  const surface = await opened("agent", { width, dark });
  const { page } = surface;
  const names = await page
    .getByLabel("Section")
    .locator("option")
    .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
  expect(names).toEqual(expect.arrayContaining(["agent", "providers", "access"]));
  for (const name of names) {
    await page.goto(`${server.url}#/admin/configuration/${name}`);
    await page.locator("form").waitFor();
    await fitsWidth(page);
    expect(await barriers(page)).toEqual([]);
    expect(await page.content()).not.toContain(canary);
  }
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("a setting is changed, kept, compared and brought back", async () => {
  const surface = await opened("agent");
  const { page } = surface;
  const steps = page.getByLabel("Max steps", { exact: true });
  expect(await save(page).isDisabled()).toBe(true);
  await steps.fill("999");
  await setting(page, "agent.maxSteps").getByText("Allowed is 1 to 500.").waitFor();
  expect(await save(page).isDisabled()).toBe(true);
  await steps.fill("12");
  await page.getByText("Not saved yet: agent.maxSteps").waitFor();
  await steps.press("Enter");
  await page.getByText("Saved. It holds from now on.").waitFor();
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  expect((await client.request("config.get", {})).config.agent).toMatchObject({ maxSteps: 12 });

  await page.getByRole("button", { name: "Use the default of Max steps" }).click();
  expect(await steps.inputValue()).toBe("60");
  await save(page).click();
  const versions = page.getByRole("list", { name: "Versions" });
  await versions.getByText("Version 2").waitFor();
  await page.getByRole("button", { name: "What version 2 changed" }).click();
  const change = page.locator('[data-change="maxSteps"]');
  expect((await change.innerText()).replaceAll(/\s+/g, " ")).toContain("before: 12 → after: 60");

  await page.getByRole("button", { name: "Go back to version 1" }).click();
  await versions.getByText("Version 3").waitFor();
  await expect.poll(() => steps.inputValue()).toBe("12");
  expect((await client.request("config.get", {})).config.agent).toMatchObject({ maxSteps: 12 });
  await page.getByRole("button", { name: "Go back to the defaults" }).click();
  await expect.poll(() => steps.inputValue()).toBe("60");
  const { rows } = await client.request("audit.list", { search: "config.restore" });
  expect(rows.map((row) => row.detail)).toEqual(["agent: its defaults", "agent: version 1"]);
  client.close();
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("what only the server can judge stands at its setting, and nothing is lost", async () => {
  const surface = await opened("access");
  const { page } = surface;
  await page.getByLabel("Team domain", { exact: true }).fill("not a domain!");
  await page.getByLabel("Application audience (AUD)", { exact: true }).fill("0123456789abcdef");
  await save(page).click();
  await setting(page, "access.teamDomain")
    .getByText(/must be the team's name/i)
    .waitFor();
  expect(await page.getByLabel("Application audience (AUD)", { exact: true }).inputValue()).toBe("0123456789abcdef");
  expect(await page.getByLabel("Team domain", { exact: true }).getAttribute("aria-invalid")).toBe("true");
  await page.getByRole("button", { name: "Undo changes" }).click();
  expect(await page.getByLabel("Team domain", { exact: true }).inputValue()).toBe("");
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("entries of a record are added, filled and removed", async () => {
  const surface = await opened("providers");
  const { page } = surface;
  await page.getByLabel(/Name of a new entry/).fill("openai");
  await page.keyboard.press("Enter");
  const entry = page.getByRole("region", { name: "openai" });
  await entry.getByLabel("Base URL", { exact: true }).fill("not an address");
  await entry.getByText(/not a whole address/).waitFor();
  await entry.getByLabel("Base URL", { exact: true }).fill("https://proxy.example/v1");
  await entry.getByLabel("Enabled", { exact: true }).selectOption("off");
  await entry.getByLabel("Models", { exact: true }).fill("one-model\nanother-model");
  await save(page).click();
  await page.getByText("Version 1").waitFor();
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  expect((await client.request("config.get", {})).config.providers).toMatchObject({
    openai: { baseUrl: "https://proxy.example/v1", enabled: false, models: ["one-model", "another-model"] },
  });
  await page.getByRole("button", { name: "Remove openai" }).click();
  await save(page).click();
  await page.getByText("Version 2").waitFor();
  expect((await client.request("config.get", {})).config.providers).toEqual({});
  client.close();
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("two pages at once: the second one's words are kept and put on top of the newer settings", async () => {
  const surface = await opened("agent");
  const { page } = surface;
  await page.getByLabel("Name", { exact: true }).fill("Mine");
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  await client.request("config.patch", { raw: '{"agent":{"approvalMinutes":7}}' });
  await page.getByText("The settings were changed elsewhere meanwhile.").waitFor();
  expect(await save(page).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Put mine on top" }).click();
  expect(await page.getByLabel("Approval minutes", { exact: true }).inputValue()).toBe("7");
  await save(page).click();
  await page.getByText("Saved. It holds from now on.").waitFor();
  expect((await client.request("config.get", {})).config.agent).toMatchObject({ name: "Mine", approvalMinutes: 7 });
  client.close();
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("no answer about settings holds a key", async () => {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  await client.request("config.patch", { raw: '{"agent":{"name":"Once"}}' });
  const answers = [
    await client.request("config.get", {}),
    await client.request("config.schema", {}),
    await client.request("config.schema.lookup", { path: "providers" }),
    await client.request("config.history", {}),
    await client.request("config.diff", { section: "agent", from: 0 }),
  ];
  expect(JSON.stringify(answers)).not.toContain(canary);
  await expect(client.request("config.restore", { section: "agent", version: 1, baseHash: "v1" })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  await expect(client.request("config.restore", { section: "nowhere", version: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  client.close();
});
