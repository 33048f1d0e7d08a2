/**
 * `npm run test:conformance`: the stock `openclaw` command from npm against our built server, over a fake provider. Each case
 * is one stock command, judged by its exit code and by what it printed. Ends with `N passed, N failed`. After them come real
 * clients of the OpenAI-compatible API, and an import of a home that stock openclaw has made; `npm run test:conformance -- http-api`
 * or `-- import` runs these alone, `-- ai-gateway` the model SDKs against the AI gateway instead.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startFakeProvider } from "../fakes/provider.ts";
import { installApiClients } from "../support/api-clients.ts";
import { gatewayTokenOf } from "../support/client.ts";
import {
  createOpenClawHome,
  installOpenClaw,
  type OpenClawHome,
  type OpenClawRun,
  openClawVersion,
  runOpenClaw,
  typeIntoOpenClaw,
} from "../support/openclaw.ts";
import { startServer } from "../support/server.ts";
import { runAiGateway } from "./ai-gateway.ts";
import { cases } from "./cases.ts";
import { runImport } from "./import.ts";

const clientsName = "http-api";
const importName = "import";

async function main(wanted: string[]): Promise<number> {
  const commands = wanted.filter((name) => name !== clientsName && name !== importName);
  const all = wanted.length === 0;
  const stock = all || commands.length > 0 ? await runStock(commands) : 0;
  const clients = all || wanted.includes(clientsName) ? await runClients() : 0;
  const imported = all || wanted.includes(importName) ? await runImport() : 0;
  return stock === 0 && clients === 0 && imported === 0 ? 0 : 1;
}

/** Clients of the HTTP API, in a process that finds them where they were installed. */
async function runClients(): Promise<number> {
  const folder = installApiClients();
  const provider = await startFakeProvider();
  const server = await startServer({ env: serverEnv(provider.url) });
  try {
    const script = fileURLToPath(new URL("http-api.mjs", import.meta.url));
    const child = spawn(process.execPath, [script], {
      env: {
        PATH: process.env.PATH ?? "",
        API_URL: `${server.url}v1`,
        API_TOKEN: gatewayTokenOf(server.dataDir),
        PROVIDER_URL: provider.url,
        CLIENTS: folder,
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
    return await new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  } finally {
    await server.dispose();
    await provider.close();
  }
}

const serverEnv = (providerUrl: string) => ({
  OPENAI_COMPATIBLE_BASE_URL: `${providerUrl}/v1`,
  OPENAI_COMPATIBLE_API_KEY: "test-key",
  MOLTWORKER_MODEL: "openai-compatible/fake-large",
});

async function runStock(wanted: string[]): Promise<number> {
  const { seconds } = installOpenClaw();
  console.log(`stock openclaw ${openClawVersion} (${seconds < 1 ? "was installed" : `installed in ${seconds.toFixed(0)} s`})`);
  const provider = await startFakeProvider();
  const server = await startServer({ env: serverEnv(provider.url) });
  const url = `ws://127.0.0.1:${server.port}`;
  const token = gatewayTokenOf(server.dataDir);
  const home = createOpenClawHome({ OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token });
  let passed = 0;
  let failed = 0;
  try {
    for (const one of cases.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)))) {
      const began = Date.now();
      const flags = one.explicit ? ["--url", url, "--token", one.token ?? token] : [];
      const complaint = await judge(home, one, [...((await one.prepare?.(url)) ?? []), ...flags]);
      if (complaint === undefined) passed += 1;
      else failed += 1;
      console.log(
        `${complaint === undefined ? "ok  " : "FAIL"}  ${one.name.padEnd(44)} ${((Date.now() - began) / 1_000).toFixed(1)} s`,
      );
      if (complaint !== undefined) console.log(complaint.replace(/^/gm, "      "));
    }
  } finally {
    await server.dispose();
    await provider.close();
    home.remove();
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** What is wrong, in words; undefined when the stock command did what its user expects. */
async function judge(home: OpenClawHome, one: (typeof cases)[number], flags: string[]): Promise<string | undefined> {
  const args = [...one.args, ...flags];
  const run = one.typing ? await typeIntoOpenClaw(home, args, one.typing) : await runOpenClaw(home, args);
  try {
    const expectedCode = one.code ?? 0;
    if (run.code !== expectedCode) throw new Error(`exit code ${run.code}, expected ${expectedCode}`);
    one.expect?.(run);
    return undefined;
  } catch (error) {
    return `${(error as Error).message}\n${tail(run)}`;
  }
}

function tail({ stdout, stderr }: OpenClawRun): string {
  return `${stdout.slice(-1_500)}\n${stderr.slice(-1_500)}`.trim();
}

const wanted = process.argv.slice(2);
process.exitCode = wanted[0] === "ai-gateway" ? await runAiGateway() : await main(wanted);
