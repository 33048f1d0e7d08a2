/** Deploying, against a wrangler that remembers what it was told: the steps, the refusals, and where secrets go. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageOfVersion, openClawVersions } from "../../packages/worker/src/containers/moltbot/versions.ts";
import { createContainersFile, joinConfigs, prepareContainers } from "../../scripts/deploy/containers.ts";
import type { DeployDeps } from "../../scripts/deploy/dependencies.ts";
import { deploy } from "../../scripts/deploy/deploy.ts";
import { createTokenFile, type TokenFile } from "../../scripts/deploy/token-file.ts";
import type { WranglerResult } from "../../scripts/deploy/wrangler.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const URL_OF_IT = "https://moltworker.someone.workers.dev";
let folder: string;
let tokens: TokenFile;
let told: { args: string[]; input: string | undefined; accountId: string | undefined }[];
let answers: Record<string, Partial<WranglerResult>>;
let asked: { url: string; authorization: string | null }[];
let network: (() => Response)[];
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltworker-deploy-test-"));
  tokens = createTokenFile(join(folder, "cloudflare"));
  [told, asked, said, network] = [[], [], [], []];
  answers = {
    whoami: { stdout: JSON.stringify({ loggedIn: true, accounts: [{ id: "acc1", name: "Mine" }] }) },
    deploy: { records: [{ type: "version" }, { type: "deploy", targets: [URL_OF_IT] }] },
    "secret list": { code: 1, stderr: "This Worker does not exist on your account. [code: 10007]" },
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(over: Partial<DeployDeps> = {}): Promise<void> {
  return deploy({
    wrangler: {
      run: async (args, { input, accountId } = {}) => {
        told.push({ args, input, accountId });
        const found = answers[args.slice(0, 2).join(" ")] ?? answers[args[0] as string];
        return { code: 0, stdout: "", stderr: "", records: [], ...found };
      },
    },
    say: (text) => said.push(text),
    name: "moltworker",
    newToken: false,
    questions: { possible: false, choose: async () => undefined, confirm: async (_question, unasked) => unasked },
    tokens,
    containers: withContainers({}),
    environment: {},
    fetch: (async (url: string, init: RequestInit) => {
      asked.push({ url, authorization: new Headers(init.headers).get("authorization") });
      return (network.shift() ?? (() => Response.json({ code: "the-code" })))();
    }) as typeof fetch,
    pause: async () => {},
    ...over,
  });
}

function withContainers(over: Partial<DeployDeps["containers"]>): DeployDeps["containers"] {
  return {
    asked: undefined,
    file: createContainersFile(join(folder, "cloudflare")),
    dockerAnswers: async () => true,
    prepare: async () => "joined.json",
    ...over,
  };
}

const upload = () => told.find(({ args }) => args[0] === "deploy");
const secrets = () => JSON.parse(upload()?.input ?? "{}") as Record<string, string>;

describe("a first deployment", () => {
  test("makes a token, the bucket and the upload, and prints the link", async () => {
    await run();
    const token = secrets().MOLTBOT_GATEWAY_TOKEN as string;
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(told.map(({ args }) => args.slice(0, 3).join(" "))).toEqual([
      "whoami --json",
      "secret list --name",
      "r2 bucket create",
      "deploy --name moltworker",
    ]);
    expect(told.slice(1).every(({ accountId }) => accountId === "acc1")).toBe(true);
    expect(asked).toEqual([{ url: `${URL_OF_IT}/api/host/link`, authorization: `Bearer ${token}` }]);
    expect(said).toContain(`ready ${URL_OF_IT}/#the-code`);
    const path = tokens.path("acc1-moltworker");
    expect(readFileSync(path, "utf8").trim()).toBe(token);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("no secret is in an argument or in what is said", async () => {
    await run({
      environment: { ANTHROPIC_API_KEY: "canary-key-1", MOLTBOT_GATEWAY_TOKEN: " canary-token-2 ", DEV_MODE: "true" },
    });
    expect(secrets()).toEqual({ ANTHROPIC_API_KEY: "canary-key-1", MOLTBOT_GATEWAY_TOKEN: "canary-token-2" });
    const shown = JSON.stringify([told.map(({ args }) => args), said]);
    expect(shown).not.toMatch(/canary/);
  });

  test("keys of the environment stay at home when the answer is no", async () => {
    const questions = { possible: true, choose: async () => undefined, confirm: async () => false };
    await run({ environment: { OPENAI_API_KEY: "canary" }, questions });
    expect(Object.keys(secrets())).toEqual(["MOLTBOT_GATEWAY_TOKEN"]);
  });

  test("waits while Cloudflare does not know the name yet", async () => {
    network = [
      () => {
        throw new TypeError("getaddrinfo ENOTFOUND");
      },
      () => new Response("<html>There is nothing here yet", { status: 404, headers: { "content-type": "text/html" } }),
    ];
    await run();
    expect(asked).toHaveLength(3);
    expect(said).toContain(`ready ${URL_OF_IT}/#the-code`);
  });

  test("gives up in words when it never answers", async () => {
    network = Array(100).fill(() => new Response("", { status: 522 }));
    await expect(run()).rejects.toThrow(/does not answer yet \(status 522\)/);
  });

  test("where Access guards it, no link is needed", async () => {
    const location = "https://my-team.cloudflareaccess.com/cdn-cgi/access/login/moltworker";
    network = [() => new Response(null, { status: 302, headers: { location } })];
    await run();
    expect(said).toContain(`ready ${URL_OF_IT}/`);
    expect(said.join("\n")).toContain("Cloudflare Access guards it");
  });
});

describe("a later deployment", () => {
  test("uses the token that was kept", async () => {
    await run();
    const first = secrets().MOLTBOT_GATEWAY_TOKEN;
    told = [];
    await run();
    expect(secrets().MOLTBOT_GATEWAY_TOKEN).toBe(first);
  });

  test("with --new-token makes another one", async () => {
    await run();
    const first = secrets().MOLTBOT_GATEWAY_TOKEN;
    told = [];
    await run({ newToken: true });
    expect(secrets().MOLTBOT_GATEWAY_TOKEN).not.toBe(first);
  });

  test("leaves a token alone that only Cloudflare knows, and says how to get a link", async () => {
    answers["secret list"] = { stdout: '[{"name":"MOLTBOT_GATEWAY_TOKEN","type":"secret_text"}]' };
    await run();
    expect(secrets()).toEqual({});
    expect(said.join("\n")).toContain("--new-token");
    expect(existsSync(tokens.path("acc1-moltworker"))).toBe(false);
  });

  test("a bucket that is there already is right", async () => {
    answers["r2 bucket"] = { code: 1, stderr: "The bucket you tried to create already exists, and you own it. [code: 10004]" };
    await run();
    expect(upload()).toBeDefined();
  });
});

describe("containers", () => {
  const flags = () => upload()?.args.slice(5);
  const answering = (choice: number | undefined) => ({
    possible: true,
    choose: async () => choice,
    confirm: async (_question: string, unasked: boolean) => unasked,
  });

  test("are not there unless somebody wants them, and Docker is not needed then", async () => {
    await run({ containers: withContainers({ dockerAnswers: async () => false }) });
    expect(flags()).toEqual([]);
  });

  test("are asked about once, and deployed again without a question", async () => {
    await run({ questions: answering(1) });
    expect(flags()).toEqual(["--config", "joined.json"]);
    told = [];
    await run({ questions: answering(0) });
    expect(flags()).toEqual(["--config", "joined.json"]);
  });

  test("go with a flag, and stay away with the other", async () => {
    await run({ containers: withContainers({ asked: "sandbox" }) });
    expect(flags()).toEqual(["--config", "joined.json"]);
    told = [];
    await run({ containers: withContainers({ asked: "no" }) });
    expect(flags()).toEqual([]);
    told = [];
    await run({ questions: answering(1) });
    expect(flags()).toEqual([]);
  });

  test("without Docker nothing is begun", async () => {
    await expect(
      run({ containers: withContainers({ asked: "openclaw", dockerAnswers: async () => false }) }),
    ).rejects.toMatchObject({
      code: "DEPLOY_FAILED",
      hint: expect.stringContaining("--no-containers"),
    });
    expect(told.map(({ args }) => args[0])).toEqual(["whoami"]);
  });

  test("with OpenClaw's image where that is wanted, and again the next time", async () => {
    const prepared: string[] = [];
    const prepare = async (wanted: string) => {
      prepared.push(wanted);
      return "joined.json";
    };
    await run({ questions: answering(2), containers: withContainers({ prepare }) });
    await run({ containers: withContainers({ prepare }) });
    expect(prepared).toEqual(["openclaw", "openclaw"]);
  });

  test("are laid out with an image of each kind, by the names that the Worker knows", async () => {
    const read = async (wanted: "sandbox" | "openclaw") => {
      const path = await prepareContainers(repository, { wanted, packages: false });
      const { containers } = JSON.parse(readFileSync(join(repository, path), "utf8")) as {
        containers: { images: Record<string, { dockerfile: string; build_context: string }> }[];
      };
      return containers[0]?.images ?? {};
    };
    expect(Object.keys(await read("sandbox"))).toEqual(["sandbox"]);
    const images = await read("openclaw");
    expect(Object.keys(images)).toEqual(["sandbox", imageOfVersion(openClawVersions[0])]);
    for (const { dockerfile, build_context } of Object.values(images)) {
      const text = readFileSync(join(repository, "dist", dockerfile), "utf8");
      const copied = [...text.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources = ""]) => sources.split(" "));
      for (const source of copied.filter((path) => !path.startsWith("packages/")))
        expect(existsSync(join(repository, "dist", build_context, source)), source).toBe(true);
    }
  });

  test("add to the configuration and take nothing away", () => {
    expect(joinConfigs({ a: [1], b: { c: true } }, { a: [2], b: { d: "x" }, e: 1 })).toEqual({
      a: [1, 2],
      b: { c: true, d: "x" },
      e: 1,
    });
  });
});

describe("what can be wrong", () => {
  const wrong: [string, () => Partial<DeployDeps> | undefined, RegExp, RegExp][] = [
    [
      "nobody is signed in",
      () => void (answers.whoami = { code: 1, stdout: '{"loggedIn":false}' }),
      /nobody is signed in/,
      /wrangler login/,
    ],
    ["wrangler says nothing", () => void (answers.whoami = { code: 1 }), /nobody is signed in/, /wrangler login/],
    [
      "several accounts",
      () => {
        const accounts = [
          { id: "a", name: "One" },
          { id: "b", name: "Two" },
        ];
        answers.whoami = { stdout: JSON.stringify({ loggedIn: true, accounts }) };
        return undefined;
      },
      /One \(a\), Two \(b\)/,
      /CLOUDFLARE_ACCOUNT_ID/,
    ],
    [
      "R2 is off",
      () => void (answers["r2 bucket"] = { code: 1, stderr: "Please enable R2 through the Cloudflare Dashboard. [code: 10042]" }),
      /R2 is not switched on/,
      /dashboard/,
    ],
    [
      "the upload is refused",
      () => void (answers.deploy = { code: 1, stderr: "Authentication error [code: 10000]" }),
      /10000/,
      /again/,
    ],
    ["no address", () => void (answers.deploy = { records: [] }), /no address/, /workers_dev/],
    [
      "another token was typed there",
      () => {
        network = [() => Response.json({ error: { message: "unauthorized: gateway token mismatch" } }, { status: 401 })];
        return undefined;
      },
      /gateway token mismatch/,
      /--new-token/,
    ],
  ];
  test.each(wrong)("%s", async (_name, arrange, message, hint) => {
    await expect(run(arrange() ?? {})).rejects.toMatchObject({
      code: "DEPLOY_FAILED",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test("a named account is taken, whatever else the sign-in reaches", async () => {
    answers.whoami = { stdout: JSON.stringify({ loggedIn: true, accounts: [{ id: "a", name: "One" }] }) };
    await run({ environment: { CLOUDFLARE_ACCOUNT_ID: "b" } });
    expect(upload()?.accountId).toBe("b");
  });
});
