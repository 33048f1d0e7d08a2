/**
 * `npm run test:conformance`: the stock `openclaw` command from npm against our built server, over a fake provider. Each case
 * is one stock command, judged by its exit code and by what it printed. Ends with `N passed, N failed`. With the argument
 * `ai-gateway` it is the model SDKs against our AI gateway instead.
 */

import { startFakeProvider } from "../fakes/provider.ts";
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

async function main(wanted: string[]): Promise<number> {
  const { seconds } = installOpenClaw();
  console.log(`stock openclaw ${openClawVersion} (${seconds < 1 ? "was installed" : `installed in ${seconds.toFixed(0)} s`})`);
  const provider = await startFakeProvider();
  const server = await startServer({
    env: {
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: "test-key",
      MOLTWORKER_MODEL: "openai-compatible/fake-large",
    },
  });
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
