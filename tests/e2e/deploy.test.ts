/** A deployment with the real wrangler, against an API that remembers what it was sent: what Cloudflare would really be given. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createContainersFile } from "../../scripts/deploy/containers.ts";
import { deploy } from "../../scripts/deploy/deploy.ts";
import { createQuestions } from "../../scripts/deploy/questions.ts";
import { createTokenFile, type TokenFile } from "../../scripts/deploy/token-file.ts";
import { createWrangler } from "../../scripts/deploy/wrangler.ts";
import { ACCOUNT, type CloudflareApi, startCloudflareApi } from "../fakes/cloudflare-api.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
let home: string;
let api: CloudflareApi;
let tokens: TokenFile;
const said: string[] = [];
const asked: { url: string; authorization: string | null }[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "moltworker-home-"));
  api = await startCloudflareApi();
  tokens = createTokenFile(join(home, "tokens"));
});
afterAll(async () => {
  await api?.close();
  rmSync(home, { recursive: true, force: true });
});

function run(): Promise<void> {
  const environment = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    HOME: home,
    CLOUDFLARE_API_BASE_URL: api.url,
    CLOUDFLARE_API_TOKEN: "canary-of-the-api",
    ANTHROPIC_API_KEY: `canary "key" with 'quotes', $HOME and \\n`,
  };
  return deploy({
    wrangler: createWrangler(repository, environment),
    say: (text) => said.push(text),
    name: "moltworker",
    newToken: false,
    questions: createQuestions(true),
    tokens,
    containers: {
      asked: undefined,
      file: createContainersFile(join(home, "tokens")),
      dockerAnswers: async () => false,
      prepare: () => Promise.reject(new Error("nobody asked for containers")),
    },
    environment,
    fetch: (async (url: string, init: RequestInit) => {
      asked.push({ url, authorization: new Headers(init.headers).get("authorization") });
      return Response.json({ code: "one-time-code" });
    }) as typeof fetch,
    pause: async () => {},
  });
}

test("bucket, modules, bindings, migration and secrets arrive in one upload, and the link is printed", async () => {
  await run();
  const token = tokens.read(`${ACCOUNT.id}-moltworker`) as string;
  expect(api.buckets).toEqual(["moltworker-blobs"]);
  expect(api.uploads).toHaveLength(1);
  const { metadata, modules } = api.uploads[0] as CloudflareApi["uploads"][number];
  expect(metadata).toMatchObject({ main_module: "worker.js", compatibility_date: "2026-10-01" });
  expect(metadata.migrations).toMatchObject({
    new_tag: "v3",
    steps: ["Assistant", "SnapshotScratch", "ContainerObject"].map((name) => ({ new_sqlite_classes: [name] })),
  });
  const binding = (name: string) => metadata.bindings.find((one) => one.name === name);
  expect(binding("ASSISTANT")).toMatchObject({ type: "durable_object_namespace", class_name: "Assistant" });
  expect(binding("BLOBS")).toMatchObject({ type: "r2_bucket", bucket_name: "moltworker-blobs" });
  expect(binding("ASSETS")).toMatchObject({ type: "assets" });
  expect(binding("MOLTBOT_GATEWAY_TOKEN")).toMatchObject({ type: "secret_text", text: token });
  expect(binding("ANTHROPIC_API_KEY")).toMatchObject({ type: "secret_text", text: `canary "key" with 'quotes', $HOME and \\n` });
  const built = readdirSync(join(repository, "packages/cli/dist/worker")).filter((file) => file.endsWith(".js"));
  expect(modules.sort()).toEqual(built.sort());
  expect(asked).toEqual([{ url: "https://moltworker.someone.workers.dev/api/host/link", authorization: `Bearer ${token}` }]);
  expect(said).toContain("ready https://moltworker.someone.workers.dev/#one-time-code");
});

test("doing it again keeps the token and takes the bucket that is there", async () => {
  const before = readFileSync(tokens.path(`${ACCOUNT.id}-moltworker`), "utf8");
  await run();
  expect(readFileSync(tokens.path(`${ACCOUNT.id}-moltworker`), "utf8")).toBe(before);
  expect(api.uploads).toHaveLength(2);
  expect(api.buckets).toEqual(["moltworker-blobs"]);
});

test("no secret is in what was said or in wrangler's logs", () => {
  const token = tokens.read(`${ACCOUNT.id}-moltworker`) as string;
  const logs = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".log"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  expect(logs.length).toBeGreaterThan(0);
  for (const text of [...said, ...logs]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain("canary");
  }
});
