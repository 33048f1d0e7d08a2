/**
 * `npm run test:conformance -- ai-gateway`: clients that nobody here wrote against our AI gateway, with nothing changed but the base
 * URL and the key. They are installed on demand, outside the product. Behind the gateway a fake provider follows the text.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startCloudflareGateway } from "../fakes/cloudflare-gateway.ts";
import { startFakeProvider } from "../fakes/provider.ts";
import { startGateway } from "../support/gateway.ts";
import { type ClientCase, clientCases } from "./ai-gateway-cases.ts";

const packages = {
  openai: "7.57.0",
  "@anthropic-ai/sdk": "1.12.0",
  "@google/genai": "3.3.0",
  ai: "7.0.173",
  "@ai-sdk/openai": "4.0.118",
  "@ai-sdk/anthropic": "4.0.105",
  "@ai-sdk/google": "4.0.121",
  "ai-gateway-provider": "4.0.1",
};
const folder = join(resolve(dirname(fileURLToPath(import.meta.url)), "../.."), ".cache", "clients");

/** Loads a client's module from its folder. */
async function load(name: string): Promise<Record<string, unknown>> {
  const { createRequire } = await import("node:module");
  const path = createRequire(join(folder, "package.json")).resolve(name);
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}

function install(): void {
  const isThere = Object.keys(packages).every((name) => existsSync(join(folder, "node_modules", name, "package.json")));
  if (isThere) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const args = ["install", ...wanted, "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", args, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`npm could not install the clients (exit code ${status})`);
}

/** Exit code. */
export async function runAiGateway(): Promise<number> {
  install();
  const provider = await startFakeProvider();
  const cloudflare = await startCloudflareGateway(provider.url);
  const world = await startGateway({
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: `${provider.url}/v1`,
    GEMINI_BASE_URL: `${provider.url}/v1beta`,
  });
  const results: boolean[] = [];
  try {
    const cases = await clientCases(load, { base: world.base, token: world.token, provider });
    for (const one of cases) results.push(await shown("embedded", one));
    // Point 22: the same clients, the same base URLs, and Cloudflare's gateway with its stored keys behind them.
    for (const id of ["openai", "anthropic", "google"])
      await world.call("gateway.keys.remove", { provider: id, alias: "default" });
    await world.call("gateway.keys.set", { provider: "cloudflare", alias: "default", apiKey: cloudflare.token });
    const { account, gateway, url } = cloudflare;
    await world.set({ gateway: { mode: "cloudflare", cloudflare: { account, gateway, url } } });
    for (const one of cases) results.push(await shown("cloudflare", one));
    if (cloudflare.calls.length < cases.length / 2) results.push(false);
    console.log(`${cloudflare.calls.length} calls left for Cloudflare's gateway`);
  } finally {
    await world.dispose();
    await cloudflare.close();
    await provider.close();
  }
  const failed = results.filter((passed) => !passed).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}

async function shown(mode: string, { name, run }: ClientCase): Promise<boolean> {
  try {
    await run();
    console.log(`ok    ${mode}: ${name}`);
    return true;
  } catch (error) {
    const lines = String((error as Error).stack ?? error).split("\n");
    console.log(`FAIL  ${mode}: ${name}\n      ${lines.slice(0, 6).join("\n      ")}`);
    return false;
  }
}
