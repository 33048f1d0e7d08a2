/**
 * Deploying, step by step: account, gateway token, bucket, upload with its secrets, link. Every step may be repeated, and a
 * failure names the step, its cause and its cure. Containers come along where they are wanted; nothing needs them.
 */

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { seedVariables } from "../../packages/protocol/src/variables.ts";
import { Failure } from "../failure.mjs";
import { findAccount } from "./account.ts";
import { containersConfig } from "./containers.ts";
import type { DeployDeps } from "./dependencies.ts";
import { openLink } from "./link.ts";
import type { Wrangler } from "./wrangler.ts";

const BUCKET = "moltworker-blobs";
const TOKEN = "MOLTBOT_GATEWAY_TOKEN";
/** Cloudflare's limit for a Worker on the free plan, compressed. */
const MAX_COMPRESSED_BYTES = 3 * 1_048_576;
/** Not a deployment's business: they opened doors elsewhere, or name another token. */
const leftAtHome = new Set<string>([TOKEN, "OPENCLAW_GATEWAY_TOKEN", "CLAWDBOT_GATEWAY_TOKEN", "DEV_MODE", "E2E_TEST_MODE"]);

export async function deploy(deps: DeployDeps): Promise<void> {
  const { wrangler, say, name } = deps;
  const account = await findAccount(deps);
  const deployment = `${account.id}-${name}`;
  say(`Deploying "${name}" to the account ${account.name}`);
  const config = await containersConfig(deps, deployment);
  const token = await gatewayToken(deps, account.id, deployment);
  const secrets = { ...(await carriedOver(deps)), ...(token === undefined ? {} : { [TOKEN]: token }) };
  await makeBucket(wrangler, account.id);
  // Before it is set: a token that is kept and not set can be set again, one that is set and not kept is lost.
  if (token !== undefined) deps.tokens.write(deployment, token);
  say("Uploading the Worker, the UI and the secrets …");
  const url = await upload(deps, account.id, secrets, config);
  await openLink({ ...deps, url, token, tokenPath: deps.tokens.path(deployment) });
}

/** The token to set: named, kept from before, or new. undefined leaves alone the one that Cloudflare has and we do not. */
async function gatewayToken(deps: DeployDeps, accountId: string, deployment: string): Promise<string | undefined> {
  const { environment, tokens, questions, wrangler, name } = deps;
  const known = environment[TOKEN]?.trim() || (deps.newToken ? undefined : tokens.read(deployment));
  if (known) return known;
  if (deps.newToken) return tokens.make();
  const listed = await wrangler.run(["secret", "list", "--name", name, "--format", "json"], { accountId });
  const isSet = listed.code === 0 && listed.stdout.includes(`"${TOKEN}"`);
  const replace =
    isSet &&
    questions.possible &&
    (await questions.confirm(`A gateway token is set there that this machine does not know. Make a new one?`, false));
  return isSet && !replace ? undefined : tokens.make();
}

/** Settings and keys of this environment that the assistant knows, if they may go. */
async function carriedOver({ environment, questions }: DeployDeps): Promise<Record<string, string>> {
  const found = seedVariables.flatMap((variable) => {
    const value = environment[variable]?.trim();
    return value && !leftAtHome.has(variable) ? [[variable, value] as const] : [];
  });
  if (found.length === 0) return {};
  const names = found.map(([variable]) => variable).join(", ");
  return (await questions.confirm(`Set what this environment has: ${names}?`, true)) ? Object.fromEntries(found) : {};
}

async function makeBucket(wrangler: Wrangler, accountId: string): Promise<void> {
  const { code, stdout, stderr } = await wrangler.run(["r2", "bucket", "create", BUCKET], { accountId });
  const said = `${stdout}${stderr}`;
  if (code === 0 || /10004|already (exists|own)/i.test(said)) return;
  if (/10042|enable R2/i.test(said))
    throw new Failure(
      "DEPLOY_FAILED",
      "R2 is not switched on for this account",
      "Switch it on under R2 in the Cloudflare dashboard (10 GB are free), then run `npm run deploy` again.",
    );
  throw failed("the bucket could not be made", said);
}

async function upload(
  deps: DeployDeps,
  accountId: string,
  secrets: Record<string, string>,
  config: string | undefined,
): Promise<string> {
  // With the upload, so that no version ever runs without its token.
  const args = ["deploy", "--name", deps.name, "--secrets-file", "/dev/stdin", ...configFlag(config)];
  const result = await deps.wrangler.run(args, { input: JSON.stringify(secrets), accountId });
  if (result.code !== 0) throw failed("Cloudflare did not take the upload", `${result.stdout}${result.stderr}`);
  const targets = result.records.filter((record) => record.type === "deploy").flatMap((record) => record.targets ?? []);
  const target = targets.find((one): one is string => typeof one === "string");
  if (target === undefined)
    throw new Failure(
      "DEPLOY_FAILED",
      "it is deployed, but has no address",
      "Set `workers_dev` to true in wrangler.jsonc, or add a route, then run `npm run deploy` again.",
    );
  return `https://${target.replace(/^https?:\/\//, "").replace(/[\s/(].*$/, "")}`;
}

/** Builds what would be uploaded and says what it would be given; needs neither account nor network. */
export async function dryRun({
  wrangler,
  say,
  outputFolder,
  config,
}: Pick<DeployDeps, "wrangler" | "say"> & { outputFolder: string; config: string | undefined }): Promise<void> {
  rmSync(outputFolder, { recursive: true, force: true });
  // The images are not built: that takes Docker and a network.
  const images = config === undefined ? [] : ["--containers-rollout", "none", ...configFlag(config)];
  const result = await wrangler.run(["deploy", "--dry-run", "--outdir", outputFolder, ...images]);
  if (result.code !== 0) throw failed("wrangler refuses the configuration", `${result.stdout}${result.stderr}`);
  const modules = readdirSync(outputFolder).filter((file) => file.endsWith(".js"));
  const compressedBytes = modules.reduce((sum, file) => sum + gzipSync(readFileSync(join(outputFolder, file))).length, 0);
  const bindings = result.stdout.split("\n").filter((line) => /^env\./.test(line));
  say(`Bindings:\n${bindings.map((line) => `  ${line.trim()}`).join("\n")}`);
  say(`Worker: ${modules.length} modules, ${(compressedBytes / 1_048_576).toFixed(2)} MB compressed (limit 3 MB)`);
  if (compressedBytes > MAX_COMPRESSED_BYTES)
    throw new Failure(
      "DEPLOY_FAILED",
      "the Worker is larger than Cloudflare's free plan takes",
      "Load large parts on demand, or deploy to a paid plan.",
    );
  say("Nothing was deployed: this was a dry run.");
}

const configFlag = (config: string | undefined) => (config === undefined ? [] : ["--config", config]);

/** What wrangler said is shown as it is; it holds no secret, since it was given none in words. */
function failed(cause: string, said: string): Failure {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  return new Failure(
    "DEPLOY_FAILED",
    `${cause}:\n${lines.slice(-12).join("\n")}`,
    "Correct what it names, then run `npm run deploy` again.",
  );
}
