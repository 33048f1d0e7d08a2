/** The Control UI in a real Chromium, on the real server, against a model server that speaks the real wire formats. */

import { crc32, deflateSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { launchBrowser, openSurface, type Surface, type SurfaceOptions } from "../support/browser.ts";
import { type Server, startServer } from "../support/server.ts";
import { conversation, field, isIdle, isReady, keepKey, reads, say, shows, turns } from "../support/ui.ts";

let browser: Browser;
let provider: FakeProvider;
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  provider = await startFakeProvider({ apiKey: "right-key" });
});
afterAll(async () => {
  await browser?.close();
  await provider?.close();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A new assistant, its UI open and signed in by the one-time link. */
async function opened(options: SurfaceOptions & { key?: boolean } = {}): Promise<Surface & { server: Server }> {
  const env: Record<string, string> = { ANTHROPIC_BASE_URL: `${provider.url}/v1` };
  if (options.key !== false) Object.assign(env, { ANTHROPIC_API_KEY: "right-key", MOLTWORKER_MODEL: "anthropic/fake-large" });
  const server = await startServer({ env });
  cleanUps.push(() => server.dispose());
  const surface = await openSurface(browser, server.link, options);
  cleanUps.push(() => surface.context.close());
  await isReady(surface.page);
  return { ...surface, server };
}

/** A square PNG of noise, which no packing makes small. */
function noisePng(edge: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(edge, 0);
  header.writeUInt32BE(edge, 4);
  header.set([8, 2], 8);
  let state = 1;
  const rows = Buffer.alloc(edge * (edge * 3 + 1));
  for (let at = 0; at < rows.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    rows[at] = at % (edge * 3 + 1) === 0 ? 0 : state >>> 24;
  }
  const parts = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]);
}

const card = (page: Page, tool: string) => conversation(page).locator(`[data-tool=${tool}]`);
const approval = (page: Page) => page.getByRole("region", { name: "Approval" });
const calls = (name: string, args: object, after: string) =>
  `[[say: one moment]] [[tool: ${name} ${JSON.stringify(args)}]] [[then]] [[say: ${after}]]`;

describe("first run", () => {
  it("talks at once, takes a key with a real test, streams, calls tools, survives a reload, and shows a second tab the same", async () => {
    const { page, tab, faults } = await opened({ key: false });
    expect(new URL(page.url()).hash).toBe("");
    await say(page, "hello");
    await reads(page, /this is a script, not an AI/);
    await isIdle(page);

    await keepKey(page, "anthropic", "wrong-key");
    const form = page.locator("[data-provider=anthropic]");
    await form.locator("[data-error=PROVIDER_KEY_REJECTED]").waitFor();
    await form.getByLabel("API key").fill("right-key");
    await form.getByRole("button", { name: "Test and keep" }).click();
    await page.locator("[data-provider=anthropic][data-state=ready]").waitFor();
    expect(await page.content()).not.toContain("right-key");
    await page.getByRole("button", { name: "Back to the conversation" }).click();

    const second = await tab(page.url());
    await isReady(second);
    await say(page, `${calls("ls", {}, "there are **four** files")} [[delay: 60]]`);
    await reads(second, "one moment");
    await card(page, "ls").and(page.locator("[data-standing=done]")).waitFor();
    await isIdle(page);
    await card(page, "ls").locator("summary").click();
    expect(await card(page, "ls").innerText()).toContain("AGENTS.md");
    expect(await conversation(second).locator("strong", { hasText: "four" }).count()).toBe(1);

    await page.reload();
    await reads(page, "four");
    expect(await card(page, "ls").getAttribute("data-standing")).toBe("done");
    expect(await turns(page).count()).toBe(await turns(second).count());
    expect(faults).toEqual([]);
  });
});

describe("a model on this machine", () => {
  it("is found by itself, said plainly, and answers without a key", async () => {
    const local = await startFakeProvider();
    const server = await startServer({ env: { OLLAMA_HOST: local.url } });
    cleanUps.push(
      () => local.close(),
      () => server.dispose(),
    );
    const { page, context, faults } = await openSurface(browser, server.link);
    cleanUps.push(() => context.close());
    await isReady(page);
    await page.getByText(/Answering with .* from Ollama on this machine/).waitFor();
    expect(await page.getByRole("complementary", { name: "Add a model" }).count()).toBe(0);
    await say(page, "are you here?");
    await reads(page, "answer to: are you here?");
    expect(faults).toEqual([]);
  });
});

describe("approvals", () => {
  const change = { path: "USER.md", content: "# You\n\nLikes tea.\n" };

  it("show the whole call; Approve runs exactly that, in every tab the card goes", async () => {
    const { page, tab, faults } = await opened();
    const second = await tab(page.url());
    await say(page, calls("write", change, "written"));
    await approval(page).waitFor();
    expect(await approval(page).innerText()).toContain("Likes tea.");
    expect(await approval(page).innerText()).toContain("USER.md");
    await approval(second).getByRole("button", { name: "Approve" }).click();
    await approval(page).waitFor({ state: "detached" });
    await reads(page, "written");
    await page.goto(new URL("#/settings/files", page.url()).href);
    await page.getByLabel("File", { exact: true }).selectOption("USER.md");
    await expect.poll(() => page.getByLabel("Content of USER.md").inputValue()).toBe(change.content);
    expect(faults).toEqual([]);
  });

  it("Deny from the keyboard tells the assistant no, and nothing is written", async () => {
    const { page, faults } = await opened();
    await say(page, calls("write", change, "so be it"));
    await approval(page).waitFor();
    expect(await page.title()).toMatch(/^Approve\?/);
    await page.keyboard.press("Alt+n");
    await reads(page, "so be it");
    await card(page, "write").and(page.locator("[data-standing=failed]")).waitFor();
    await card(page, "write").locator("summary").click();
    expect(await card(page, "write").innerText()).toContain("said no");
    expect(faults).toEqual([]);
  });
});

describe("in a conversation", () => {
  it("Stop ends the answer and keeps what was shown; it can be asked again", async () => {
    const { page, faults } = await opened();
    await say(page, "[[tokens: 400]] [[delay: 40]]");
    await reads(page, /the quick model/);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await shows(page, "You stopped it here.");
    await page.getByRole("button", { name: "Ask again" }).click();
    await page
      .locator("[data-answer=live]")
      .getByText(/the quick model/)
      .waitFor();
    await field(page).press("Escape");
    await shows(page, "You stopped it here.");
    expect(await turns(page).count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it("an edited message rewinds, here and in the other tab", async () => {
    const { page, tab, faults } = await opened();
    const second = await tab(page.url());
    await say(page, "first words");
    await reads(page, "answer to: first words");
    await say(page, "to be forgotten");
    await reads(second, "answer to: to be forgotten");
    await isIdle(page);
    await page.getByRole("button", { name: "Edit and send again" }).first().click();
    await page.getByRole("textbox", { name: "Edit your message" }).fill("better words");
    await page.keyboard.press("Enter");
    for (const view of [page, second]) {
      await reads(view, "answer to: better words");
      await expect.poll(() => turns(view).count()).toBe(1);
      expect(await conversation(view).innerText()).not.toContain("forgotten");
    }
    expect(faults).toEqual([]);
  });

  it("what is sent mid-run waits visibly in both tabs and is taken into the turn", async () => {
    const { page, tab, faults } = await opened();
    const second = await tab(page.url());
    await isReady(second);
    await say(page, "[[wait: 5000]] [[say: first step]] [[tool: ls {}]] [[then]] [[say: unreached]]");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await say(page, "also mind the gap");
    await page.locator("[data-outgoing=queued]").waitFor();
    await second.locator("[data-outgoing=queued]").waitFor();
    await reads(page, "answer to: also mind the gap");
    for (const view of [page, second]) await expect.poll(() => view.locator("[data-outgoing]").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("a failing provider is named where it happened, with its cure, and Try again works", async () => {
    const { page, faults } = await opened();
    await say(page, "[[fault: 402*1]] [[say: paid]]");
    const alert = conversation(page).getByRole("alert");
    await alert.waitFor();
    expect(await alert.getAttribute("data-error")).toBe("PROVIDER_QUOTA");
    expect(await alert.innerText()).toContain("credit");
    await alert.getByRole("button", { name: "Try again" }).click();
    await reads(page, "paid");
    await expect.poll(() => turns(page).count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it("pictures and text files go along; what cannot is refused in words", async () => {
    const { page, faults } = await opened();
    const pixel = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
      "base64",
    );
    await page.locator("input[type=file]").setInputFiles([
      { name: "dot.png", mimeType: "image/png", buffer: pixel },
      { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Notes\nbuy tea\n") },
      { name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.from([0, 1, 2]) },
    ]);
    await page.getByText(/tool\.exe was not attached/).waitFor();
    await page.getByRole("list", { name: "Attached files" }).getByText("dot.png").waitFor();
    await say(page, "what is this?");
    await reads(page, "answer to:");
    const picture = conversation(page).getByRole("img", { name: "dot.png" });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
    await conversation(page).getByText("notes.md").waitFor();
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain("buy tea");
    expect(faults).toEqual([]);
  });
});

describe("a photograph that is too large", () => {
  it("is made smaller by itself", async () => {
    const { page, faults } = await opened();
    const photo = noisePng(1_500);
    expect(photo.length).toBeGreaterThan(5_000_000);
    await page.locator("input[type=file]").setInputFiles({ name: "holiday.png", mimeType: "image/png", buffer: photo });
    await page.getByRole("list", { name: "Attached files" }).getByText("holiday.jpg").waitFor();
    await say(page, "where is this?");
    await reads(page, "answer to:");
    const sent = JSON.stringify(provider.requests.at(-1)?.body);
    expect(sent).toContain("image/jpeg");
    expect(sent.length).toBeLessThan(5_000_000);
    expect(faults).toEqual([]);
  });
});

describe("conversations", () => {
  it("are made, renamed, pinned, found, linked to and deleted", async () => {
    const { page, tab, faults } = await opened();
    await say(page, "the main one");
    await reads(page, "answer to: the main one");
    await page.getByRole("button", { name: "New conversation" }).click();
    await say(page, "about heat pumps");
    await reads(page, "answer to: about heat pumps");
    const list = page.getByRole("navigation", { name: "Conversations" });
    await list.getByRole("link", { name: "about heat pumps" }).waitFor();
    const address = page.url();

    await say(page, "/rename Warm house");
    await list.getByRole("link", { name: "Warm house" }).waitFor();
    await say(page, "/pin");
    await list.getByRole("region", { name: "Pinned" }).getByRole("link", { name: "Warm house" }).waitFor();

    const second = await tab(address);
    await reads(second, "answer to: about heat pumps");
    await second.keyboard.press("Control+k");
    await second.getByRole("combobox", { name: "Command palette" }).fill("the main");
    await second.keyboard.press("Enter");
    await reads(second, "answer to: the main one");

    await list.getByRole("button", { name: "More for Warm house" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => list.getByRole("link").count()).toBe(1);
    await reads(page, "answer to: the main one");
    await expect.poll(() => second.getByRole("link", { name: "Warm house" }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("choose their own model, and the choice holds", async () => {
    const { page, faults } = await opened();
    await page.getByRole("button", { name: /^Model: / }).click();
    await page.getByRole("combobox", { name: "Models" }).fill("haiku");
    await page.keyboard.press("Enter");
    const chosen = page.getByRole("button", { name: /^Model: .*Haiku/ });
    await chosen.waitFor();
    await say(page, "who are you?");
    await reads(page, "answer to: who are you?");
    expect(provider.requests.at(-1)?.model).toContain("haiku");
    await page.reload();
    await chosen.waitFor();
    expect(faults).toEqual([]);
  });
});

describe("STOP", () => {
  it("halts what runs, says so, and Resume lifts it", async () => {
    const { page, faults } = await opened();
    await say(page, "[[tokens: 400]] [[delay: 40]]");
    await reads(page, /the quick model/);
    await page.getByRole("button", { name: "STOP everything" }).click();
    const banner = page.getByRole("alert").filter({ hasText: "STOP is on." });
    await banner.waitFor();
    await isIdle(page);
    await say(page, "anyone there?");
    await page.getByText(/Not sent: STOP is on/).waitFor();
    await banner.getByRole("button", { name: "Resume" }).click();
    await banner.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send again", exact: true }).click();
    await reads(page, "answer to: anyone there?");
    expect(faults).toEqual([]);
  });
});

describe("what happens elsewhere", () => {
  it("is marked in the list and the title, and an approval there is one click away", async () => {
    const { page, faults } = await opened();
    await say(page, "[[wait: 1200]] [[say: finished in your absence]]");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.getByRole("button", { name: "New conversation" }).click();
    const list = page.getByRole("navigation", { name: "Conversations" });
    await list.getByText("new answer").waitFor({ state: "attached" });
    await expect.poll(() => page.title()).toMatch(/^\(1\)/);
    await list.getByRole("link").first().click();
    await reads(page, "finished in your absence");
    await expect.poll(() => list.getByText("new answer").count()).toBe(0);

    await say(page, `[[wait: 800]] ${calls("write", { path: "USER.md", content: "x" }, "good")}`);
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.getByRole("button", { name: "New conversation" }).click();
    await page
      .getByText(/waits for your approval/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Look" }).click();
    await approval(page).getByRole("button", { name: "Approve" }).click();
    await reads(page, "good");
    expect(faults).toEqual([]);
  });
});

describe("settings", () => {
  it("hold, reach the other tab, and never overwrite what changed meanwhile", async () => {
    const { page, tab, faults } = await opened();
    const second = await tab(page.url());
    await isReady(second);
    await page.goto(new URL("#/settings/assistant", page.url()).href);
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByRole("button", { name: "Save" }).click();
    await second.getByRole("textbox", { name: "Message Ada" }).waitFor();

    await second.goto(new URL("#/settings/files", page.url()).href);
    await page.goto(new URL("#/settings/files", page.url()).href);
    for (const view of [page, second]) await expect.poll(() => view.getByLabel("Content of AGENTS.md").inputValue()).not.toBe("");
    await page.getByLabel("Content of AGENTS.md").fill("# Rules\nfirst\n");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("AGENTS.md was saved").waitFor();
    await second.getByLabel("Content of AGENTS.md").fill("# Rules\nsecond\n");
    await second.getByLabel("Content of AGENTS.md").press("Control+s");
    await second.getByRole("button", { name: "Read the newer one" }).click();
    await expect.poll(() => second.getByLabel("Content of AGENTS.md").inputValue()).toContain("first");
    expect(faults).toEqual([]);
  });
});
