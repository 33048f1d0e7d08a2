import { describe, expect, it } from "vitest";
import { homeFiles, secretsOfHome } from "../../../../tests/support/import-home.ts";
import { createImportWorld, type ImportWorld, owner, shortLines, stageFiles } from "../../../../tests/support/import-world.ts";
import type { TarContent } from "../../../../tests/support/tar.ts";

const textOf = (world: ImportWorld, path: string) => {
  const bytes = world.workspace.read(path);
  return bytes && new TextDecoder().decode(bytes);
};

async function importAll(world: ImportWorld, files: Record<string, TarContent>) {
  const { hash } = await stageFiles(world.importer, files);
  return world.importer.apply(hash, owner);
}

/** Every documented layout, and the words it is recognised by. */
const layouts: [name: string, files: Record<string, TarContent>][] = [
  ["a home of OpenClaw", homeFiles(".openclaw/", ".openclaw/workspace/")],
  ["a home of Clawdbot", homeFiles(".clawdbot/", "clawd/", "clawdbot.json")],
  ["a home of Moltbot", homeFiles(".moltbot/", ".moltbot/workspace/", "moltbot.json")],
  ["a moltworker bucket (generation 0)", { ...homeFiles("", "workspace/", "clawdbot.json"), ".last-sync": "x" }],
  ["a moltworker bucket (generation 1)", { ...homeFiles("clawdbot/", "clawd/", "clawdbot.json"), ".last-sync": "x" }],
  ["a moltworker bucket (generation 1b)", { ...homeFiles("openclaw/", "workspace/"), ".last-sync": "x" }],
  ["a moltworker bucket (generation 2)", { ...homeFiles("openclaw/", "workspace/"), "skills/cook/SKILL.md": "# Cook\n" }],
  // Forks: the workspace under its old name, everything below one folder, memory in a folder of its own.
  ["a moltworker bucket (generation 2)", { ...homeFiles("openclaw/", "clawd/"), "skills/cook/SKILL.md": "# Cook\n" }],
  ["a moltworker bucket (generation 2)", { ...homeFiles("openclaw/", "openclaw/workspace/"), "backup-lock": "1" }],
  ["a moltworker bucket (generation 2)", withMemoryBeside(homeFiles("openclaw/", "workspace/"))],
];

/** As one fork keeps it: `memory/` beside the workspace instead of in it. */
function withMemoryBeside(files: Record<string, TarContent>): Record<string, TarContent> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path.replace(/^workspace\/memory\//, "memory/"), content]),
  );
}

describe("import", () => {
  it.each(layouts)("%s: settings, keys, conversations and files arrive", async (name, files) => {
    const world = createImportWorld();
    const report = await importAll(world, files);
    expect(report.layout).toBe(name);
    expect(report.lines.filter(({ verdict }) => verdict === "failed")).toEqual([]);
    expect(world.settings.agent).toEqual({ name: "Ada", model: "anthropic/claude-sonnet-5" });
    expect(world.settings.providers).toEqual({
      "openai-compatible": { baseUrl: "https://models.example/v1", models: ["big"] },
    });
    expect(world.secrets.get("provider.anthropic.key")).toBe(secretsOfHome.anthropic);
    expect(world.secrets.get("provider.groq.key")).toBe(secretsOfHome.groq);
    expect(world.secrets.get("gateway.token")).toBe(secretsOfHome.gatewayToken);
    expect(world.secrets.get("channel.telegram.default.token")).toBe(secretsOfHome.botToken);
    expect(world.settings.channels).toEqual({
      accounts: { telegram: { default: { enabled: true, dmPolicy: "allowlist", allowFrom: ["4711"] } } },
    });
    const { messages } = world.transcript.page("agent:main:main", 50, 0);
    expect(messages.map(({ entry }) => entry.role)).toEqual(["user", "assistant", "toolResult", "assistant"]);
    expect(messages[2]?.entry).toMatchObject({ untrustedFrom: "an imported conversation" });
    expect(textOf(world, "SOUL.md")).toBe("# A soul of my own\n");
    expect(textOf(world, "memory/2026-02-01.md")).toBe("We met.\n");
    if (files["skills/cook/SKILL.md"]) expect(textOf(world, "skills/cook/SKILL.md")).toBe("# Cook\n");
  });

  it("names each thing with what becomes of it, and a reason unless it was simply taken", async () => {
    const report = await stageFiles(createImportWorld().importer, homeFiles(".openclaw/", ".openclaw/workspace/"));
    expect(shortLines(report).sort()).toMatchInlineSnapshot(`
      [
        "aside file .openclaw/openclaw.json",
        "aside schedule morning",
        "changed conversation agent:main:main (s-old)",
        "changed setting channels.telegram.default",
        "changed setting models.providers.mine",
        "dropped setting bogus",
        "dropped setting channels.telegram.default.dm",
        "dropped setting models.providers.cf-ai-gw-anthropic",
        "taken conversation agent:main:main (s-new)",
        "taken file .openclaw/workspace/SOUL.md",
        "taken file .openclaw/workspace/memory/2026-02-01.md",
        "taken secret ANTHROPIC_API_KEY",
        "taken secret GROQ_API_KEY",
        "taken secret channels.telegram.default.botToken",
        "taken secret gateway.auth.token",
        "taken secret models.providers.anthropic.apiKey",
        "taken setting agent.model",
        "taken setting agent.name",
      ]
    `);
    for (const line of report.lines)
      if (line.verdict !== "taken" && line.verdict !== "same") expect(line.why, line.name).toMatch(/\w/);
    expect(report.leftOut.map(({ why }) => why).sort()).toMatchInlineSnapshot(`
      [
        "caches, logs and temporary files",
        "git's own files (the files it keeps are imported)",
      ]
    `);
  });

  it("keeps what stood under the key before it was reset, archived, with its pictures", async () => {
    const world = createImportWorld();
    await importAll(world, homeFiles(".openclaw/", ".openclaw/workspace/"));
    const { sessions } = world.sessions.list({ archived: true });
    expect(sessions.map(({ key, title }) => [key, title])).toEqual([["agent:main:main:imported-sold", "long ago"]]);
    expect([...world.blobs.values()].map((bytes) => new TextDecoder().decode(bytes))).toEqual(["PNG"]);
  });

  it("gives the same result twice, and adds nothing the second time", async () => {
    const world = createImportWorld();
    const files = homeFiles(".openclaw/", ".openclaw/workspace/");
    await importAll(world, files);
    const before = world.db.all("SELECT id, session_key, seq, body FROM messages ORDER BY id");
    const paths = world.workspace.list().map(({ path, revision }) => [path, revision]);
    const again = await importAll(world, files);
    expect(again.lines.filter(({ verdict }) => !["same", "dropped"].includes(verdict)).map(({ name }) => name)).toEqual([]);
    expect(world.db.all("SELECT id, session_key, seq, body FROM messages ORDER BY id")).toEqual(before);
    expect(world.workspace.list().map(({ path, revision }) => [path, revision])).toEqual(paths);
    expect(world.kept.times).toBe(2);
  });

  it("changes nothing before its report was agreed to, nor for another report", async () => {
    const world = createImportWorld();
    await stageFiles(world.importer, homeFiles(".openclaw/", ".openclaw/workspace/"));
    expect(world.secrets.get("gateway.token")).toBeUndefined();
    expect(world.sessions.list({}).totalCount).toBe(0);
    await expect(world.importer.apply("0".repeat(32), owner)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(world.kept.times).toBe(0);
  });

  it("puts a conversation beside one that is there, and a file beside another of its name", async () => {
    const world = createImportWorld();
    world.sessions.ensure("agent:main:main");
    world.transcript.append("agent:main:main", { role: "user", content: [{ type: "text", text: "mine" }] }, {});
    world.workspace.apply([{ path: "SOUL.md", content: new TextEncoder().encode("mine too") }]);
    const report = await importAll(world, homeFiles(".openclaw/", ".openclaw/workspace/"));
    expect(world.transcript.page("agent:main:main", 10, 0).total).toBe(1);
    expect(world.transcript.page("agent:main:main:imported-snew", 10, 0).total).toBe(4);
    expect(textOf(world, "SOUL.md")).toBe("mine too");
    expect(textOf(world, "SOUL.imported.md")).toBe("# A soul of my own\n");
    expect(report.lines.filter(({ verdict }) => verdict === "changed").map(({ why }) => why)).toContain(
      "there is another SOUL.md here; it becomes SOUL.imported.md",
    );
  });

  it("repeats no secret in its report, its files or its log of conversations", async () => {
    const world = createImportWorld();
    const report = await importAll(world, homeFiles(".openclaw/", ".openclaw/workspace/"));
    const files = world.workspace.list().map(({ path }) => textOf(world, path));
    const seen = JSON.stringify([report, files, world.settings]);
    for (const secret of Object.values(secretsOfHome)) expect(seen).not.toContain(secret);
  });
});

describe("poisoned sources", () => {
  it("sets a configuration aside that is not JSON, and takes the next best", async () => {
    const world = createImportWorld();
    const files = { ...homeFiles("clawdbot/", "clawd/", "clawdbot.json"), "openclaw/openclaw.json": '{"agents": {' };
    const report = await importAll(world, files);
    expect(report.lines.find(({ name }) => name === "openclaw/openclaw.json")).toMatchObject({ verdict: "aside" });
    expect(world.settings.agent).toMatchObject({ name: "Ada" });
  });

  it.each([
    ["an empty archive", {}],
    ["an archive of links alone", { a: { link: "/etc/passwd" } }],
  ])("refuses %s", async (_, files) => {
    await expect(stageFiles(createImportWorld().importer, files)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("follows no link and leaves no folder", async () => {
    const world = createImportWorld();
    const report = await importAll(world, {
      ".openclaw/openclaw.json": "{}",
      ".openclaw/workspace/../../../etc/passwd": "x",
      ".openclaw/workspace/link": { link: "/etc/shadow" },
      ".openclaw/workspace/a\u202Eb.md": "x",
    });
    expect(world.workspace.list().map(({ path }) => path)).toEqual(["imported/openclaw.json"]);
    expect(report.leftOut.map(({ why }) => why)).toEqual(["paths that leave the folder", "links and devices"]);
  });

  it("takes a device whose key makes its id, and no other", async () => {
    const world = createImportWorld();
    const publicKey = btoa("k".repeat(32)).replaceAll("=", "");
    const { sha256Hex } = await import("../platform/sha256.ts");
    const deviceId = await sha256Hex(new TextEncoder().encode("k".repeat(32)));
    const device = {
      deviceId,
      publicKey,
      displayName: "Phone",
      role: "operator",
      scopes: ["operator.read", "operator.write", "other"],
    };
    const paired = { [deviceId]: device, wrong: { ...device, deviceId: "0".repeat(64), displayName: "Thief" } };
    const report = await importAll(world, {
      ".openclaw/openclaw.json": "{}",
      ".openclaw/devices/paired.json": JSON.stringify(paired),
    });
    expect(shortLines(report).filter((line) => line.includes("device"))).toEqual([
      "changed device Phone",
      "dropped device Thief",
    ]);
    expect(world.devices.find(deviceId)?.scopes).toEqual(["operator.read", "operator.write"]);
  });

  it("lives through a damaged database", async () => {
    const world = createImportWorld();
    const report = await importAll(world, {
      ...homeFiles(".openclaw/", ".openclaw/workspace/"),
      ".openclaw/agents/main/agent/openclaw-agent.sqlite": "SQLite format 3\0 and then nothing",
    });
    expect(report.lines.filter(({ verdict }) => verdict === "failed").map(({ name }) => name)).toEqual([
      ".openclaw/agents/main/agent/openclaw-agent.sqlite",
    ]);
    expect(world.transcript.page("agent:main:main", 10, 0).total).toBe(4);
  });
});
