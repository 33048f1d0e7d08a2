/**
 * `npm run deploy`: puts the assistant on Cloudflare and prints its one-time link. Asks for what it needs, keeps what it made
 * in `~/.moltworker/cloudflare`, and may be run again at any time: that is how a new version is deployed.
 * Flags: `--dry-run` (offline), `--yes` (asks nothing), `--new-token`, `--name <worker>`, `--containers`, `--openclaw`,
 * `--no-containers`.
 */

import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, repository } from "./build.mjs";
import { createContainersFile, dockerAnswers, prepareContainers } from "./deploy/containers.ts";
import { deploy, dryRun } from "./deploy/deploy.ts";
import { createQuestions } from "./deploy/questions.ts";
import { createTokenFile } from "./deploy/token-file.ts";
import { createWrangler } from "./deploy/wrangler.ts";
import { Failure, report } from "./failure.mjs";

const options = {
  "dry-run": { type: "boolean" },
  yes: { type: "boolean" },
  "new-token": { type: "boolean" },
  name: { type: "string" },
  containers: { type: "boolean" },
  openclaw: { type: "boolean" },
};

function readFlags() {
  try {
    return parseArgs({ options, allowNegative: true }).values;
  } catch (error) {
    throw new Failure(
      "USAGE",
      error.message,
      "Flags: --dry-run, --yes, --new-token, --name <worker>, --containers, --openclaw, --no-containers.",
    );
  }
}

/** The image of OpenClaw goes with the sandbox; undefined: no flag says. */
function askedFor({ containers, openclaw }) {
  if (openclaw) return "openclaw";
  return containers === undefined ? undefined : containers ? "sandbox" : "no";
}

try {
  const flags = readFlags();
  await build();
  const say = (text) => console.log(text);
  const wrangler = createWrangler(repository, process.env);
  const kept = join(homedir(), ".moltworker", "cloudflare");
  if (flags["dry-run"]) {
    const asked = askedFor(flags);
    const wanted = asked === "no" ? undefined : asked;
    const config = wanted && (await prepareContainers(repository, { wanted, packages: false }));
    await dryRun({ wrangler, say, outputFolder: join(repository, "dist/deploy"), config });
  } else {
    await deploy({
      wrangler,
      say,
      name: flags.name ?? "moltworker",
      newToken: flags["new-token"] === true,
      questions: createQuestions(flags.yes === true),
      tokens: createTokenFile(kept),
      containers: {
        asked: askedFor(flags),
        file: createContainersFile(kept),
        dockerAnswers: () => dockerAnswers(process.env),
        prepare: (wanted) => prepareContainers(repository, { wanted, packages: true }),
      },
      environment: process.env,
      fetch,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  }
} catch (error) {
  report(error);
}
