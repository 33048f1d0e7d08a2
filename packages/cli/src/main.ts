/** The `moltworker` command: parses the line, loads one verb, turns its failure into a sentence and an exit code. */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { addChannels } from "./channels-verb.ts";
import { createOutput, reportError } from "./output.ts";
import { version } from "./version.ts";

interface SharedOptions {
  data?: string;
  json?: true;
}

/** A port number, or 0 for a free one. */
function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function parseCount(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError("A count is a whole number.");
  return Number(text);
}

function parseAmount(text: string): number {
  if (!/^\d{1,6}(\.\d{1,4})?$/.test(text)) throw new InvalidArgumentError("An amount is a number such as 5 or 0.50.");
  return Number(text);
}

function parseHost(text: string): string {
  if (!/^[\w.:*-]+$/.test(text)) throw new InvalidArgumentError("A host is a name or an address, such as 127.0.0.1.");
  return text;
}

export function createProgram(): Command {
  const program = new Command("moltworker")
    .description("A personal AI assistant that you can leave running.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const verb = (name: string, description: string, isDefault = false, parent = program) =>
    parent
      .command(name, { isDefault })
      .description(description)
      .allowExcessArguments(false)
      .option("--data <dir>", "the data folder (default: ~/.moltworker)")
      .option("--json", "print JSON lines for programs");

  verb("start", "start the assistant and print a one-time sign-in link (default)", true)
    .option("--port <port>", "port to listen on, 0 for a free one", parsePort, 8787)
    .option("--host <host>", "address to listen on", parseHost, "127.0.0.1")
    .option("--snapshots <dir>", "keep snapshots in this folder (default: snapshots/ in the data folder)")
    .option("--no-open", "do not open a browser")
    .action(async (options) => (await import("./commands/start.ts")).start(options, createOutput(options.json === true)));
  verb("link", "print a fresh one-time sign-in link").action(async (options: SharedOptions) =>
    (await import("./commands/link.ts")).link(options, createOutput(options.json === true)),
  );
  verb("status", "say what runs on the data folder").action(async (options: SharedOptions) =>
    (await import("./commands/status.ts")).status(options, createOutput(options.json === true)),
  );
  verb("logs", "print the last log lines")
    .option("-n, --lines <count>", "how many lines", parseCount, 100)
    .option("-f, --follow", "keep printing new lines", false)
    .action(async (options) => (await import("./commands/logs.ts")).logs(options, createOutput(options.json === true)));
  verb("doctor", "find what is wrong and say what cures it")
    .argument("[url]", "address of an assistant elsewhere (default: the one of the data folder)")
    .option("--port <port>", "while nothing runs: the port it would listen on", parsePort, 8787)
    .option("--token-stdin", "read the gateway token from standard input", false)
    .option("--probe", "ask each model provider with a real call", false)
    .option("--fix", "cure what can be cured without losing anything", false)
    .action(async (url, options) =>
      (await import("./commands/doctor.ts")).doctor(url, options, createOutput(options.json === true)),
    );
  verb("restart", "begin anew with the files on disk, at the same address").action(async (options: SharedOptions) =>
    (await import("./commands/restart.ts")).restart(options, createOutput(options.json === true)),
  );
  addMoving(verb);
  addGateway(verb);
  addSnapshotVerbs(program, verb);
  addContainers(verb);
  addCredentials(verb);
  verb("stop", "stop the assistant").action(async (options: SharedOptions) =>
    (await import("./commands/stop.ts")).stop(options, createOutput(options.json === true)),
  );
  addChannels(program, (parent, name, description) => verb(name, description, false, parent));
  return program;
}

/** Coming from another installation, and leaving with everything. */
function addMoving(verb: (name: string, description: string) => Command): void {
  verb("import", "bring over an OpenClaw, Moltbot or Clawdbot home, or a moltworker bucket: first a report")
    .argument("<source>", "a folder, a .tar or .tar.gz of one, a backup (data.sqsh), or s3://bucket/prefix; it is only read")
    .option("--yes", "do what the report says", false)
    .option("--url <url>", "an assistant elsewhere (default: the one of the data folder)")
    .option("--token-stdin", "read the gateway token from standard input", false)
    .action(async (source, options) =>
      (await import("./commands/import.ts")).importSource(source, options, createOutput(options.json === true)),
    );
  verb("export", "write everything in open formats into one tar.gz")
    .argument("<file>", "the file to write")
    .option("--force", "replace the file if it is there", false)
    .action(async (file, options) =>
      (await import("./commands/export.ts")).exportAll(file, options, createOutput(options.json === true)),
    );
}

/** What model calls cost, and who may make them. */
function addGateway(verb: (name: string, description: string) => Command): void {
  verb("usage", "say what model calls cost, and what is left of each budget")
    .option("--days <count>", "how many days back", parseCount, 30)
    .action(async (options) => (await import("./commands/usage.ts")).usage(options, createOutput(options.json === true)));
  verb("tokens", "list, create or revoke tokens of programs that call models through the AI gateway")
    .argument("[verb]", "list, create or revoke", "list")
    .argument("[subject]", "the new token's label, or the id of the one to revoke")
    .option("--usd <amount>", "the most that it may spend, in US dollars", parseAmount)
    .option("--per <span>", "in each day, week, month, or always", "month")
    .option("--rpm <count>", "the most calls in a minute", parseCount)
    .option("--allow <models>", "only these: provider or provider/model, separated by commas, * at the end matches the rest")
    .option("--tenant <name>", "whose spending it is (default: its own)")
    .action(async (name, subject, options) =>
      (await import("./commands/tokens.ts")).tokens(name, subject, options, createOutput(options.json === true)),
    );
  verb("gateway", "say how the providers' keys and breakers stand, or clear one of them")
    .argument("[verb]", "list, or clear", "list")
    .argument("[what]", "breakers, cache or key")
    .argument("[provider]", "whose")
    .argument("[alias]", "which of its keys (default: default)")
    .action(async (name, what, provider, alias, options) =>
      (await import("./commands/gateway.ts")).gateway(
        name,
        { what, provider, alias },
        options,
        createOutput(options.json === true),
      ),
    );
}

/** `snapshots` and its own verbs, and `restore`, which needs no running assistant. */
function addSnapshotVerbs(program: Command, verb: (name: string, description: string) => Command): void {
  const load = () => import("./commands/snapshots.ts");
  const group = program.command("snapshots").description("list, make, prove and compare snapshots, and go back to one");
  const part = (name: string, description: string, isDefault = false) =>
    group
      .command(name, { isDefault })
      .description(description)
      .allowExcessArguments(false)
      .option("--data <dir>", "the data folder (default: ~/.moltworker)")
      .option("--json", "print JSON lines for programs");
  const from = "a folder of snapshots elsewhere";
  const secret = "read the snapshot's passphrase from standard input";
  const output = (options: SharedOptions) => createOutput(options.json === true);
  part("list", "say what there is", true)
    .option("--from <dir>", from)
    .action(async (options) => (await load()).listSnapshots(options, output(options)));
  part("create", "make one and prove it").action(async (options) => (await load()).createSnapshot(options, output(options)));
  part("verify", "prove one again (default: the newest)")
    .argument("[id]")
    .option("--from <dir>", from)
    .option("--passphrase-stdin", secret, false)
    .action(async (id, options) => (await load()).verifySnapshot(id, options, output(options)));
  part("diff", "say what differs between two, or between one and the present")
    .argument("<from>")
    .argument("[to]")
    .option("--from <dir>", from)
    .action(async (left, right, options) => (await load()).diffSnapshots(left, right, options, output(options)));
  part("download", "write one as a tar file")
    .argument("[id]")
    .option("--from <dir>", from)
    .option("--out <file>", "the tar file")
    .action(async (id, options) => (await load()).downloadSnapshot(id, options, output(options)));
  part("restore", "go back to one while the assistant runs, whole or in part")
    .argument("[id]")
    .option("--session <key...>", "only these conversations")
    .option("--file <path...>", "only these files")
    .option("--settings", "only the settings", false)
    .option("--passphrase-stdin", secret, false)
    .action(async (id, options) => (await load()).restoreSnapshot(id, options, output(options)));
  part("undo", "take the last restore back").action(async (options) => (await load()).undoRestore(options, output(options)));
  verb("restore", "fill the data folder from a snapshot while nothing runs, also when it is damaged")
    .argument("[id]", "default: the newest good one")
    .option("--from <dir>", from)
    .option("--bucket <url>", "a bucket of snapshots; its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    .option("--passphrase-stdin", secret, false)
    .action(async (id, options) => (await import("./commands/restore.ts")).restore(id, options, output(options)));
}

function addContainers(verb: (name: string, description: string) => Command): void {
  verb("containers", "how the containers stand; build their images, restart, stop, delete, logs")
    .argument("[action]", "list, build, restart, stop, delete or logs", "list")
    .argument("[id]", "which container: sandbox, or moltbot for hosted OpenClaw", "sandbox")
    .option("--openclaw <version>", "build moltbot: the version of OpenClaw")
    .option("--base <image>", "build: the image to stand on, or `packages` to make one from Debian's packages")
    .action(async (action, id, options) =>
      (await import("./commands/containers.ts")).containers(action, id, options, createOutput(options.json === true)),
    );
}

function addCredentials(verb: (name: string, description: string) => Command): void {
  verb("credentials", "what is added to the sandbox's requests to a host: list, set or remove it")
    .argument("[action]", "list, set or remove", "list")
    .argument("[host]", "as commands in the sandbox name it: api.github.com")
    .option("--scheme <scheme>", "set: Bearer, Basic (the value is user:password) or none")
    .option("--header <name>", "set: the header that carries it, in small letters")
    .option("--url <url>", "set: where the host really is, when not at https:// and its name")
    .action(async (action, host, options) =>
      (await import("./commands/credentials.ts")).credentials(action, host, options, createOutput(options.json === true)),
    );
}

/** Runs one command line (without `node` and the script) and returns the exit code. Never throws. */
export async function run(args: string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return reportError(error instanceof CommanderError ? usageError(error) : moltErrorFrom(error), args.includes("--json"));
  }
}

function usageError(error: CommanderError): MoltError {
  return new MoltError("USAGE", { message: error.message.replace(/^error: /, "").replaceAll("\n", " ") });
}
