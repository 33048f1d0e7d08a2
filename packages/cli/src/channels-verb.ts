/** `moltworker channels` and its own verbs. */

import type { Command } from "commander";
import { createOutput, type Output } from "./output.ts";

type Verb = (parent: Command, name: string, description: string) => Command;
type Options = { data?: string; json?: true } & Record<string, never>;

/** `verb` makes a verb with the flags that all share. */
export function addChannels(program: Command, verb: Verb): void {
  const channels = program.command("channels").description("look after channels: Telegram, webhooks and the rest");
  const load = () => import("./commands/channels.ts");
  const out = (options: { json?: true }): Output => createOutput(options.json === true);

  verb(channels, "status", "how each account stands, who asks, what did not arrive")
    .option("--probe", "ask each provider now", false)
    .action(async (options) => (await load()).status(options, out(options)));
  verb(channels, "list", "channels there are, and accounts of each").action(async (options: Options) =>
    (await load()).list(options, out(options)),
  );
  verb(channels, "people", "who is known on each channel, and in which role")
    .option("--channel <channel>", "of one channel")
    .action(async (options) => (await load()).people(options, out(options)));
  verb(channels, "messages", "what came in, what became of it, and the receipts of what was sent")
    .option("--channel <channel>", "of one channel")
    .option("--fate <fate>", "only: received, queued, answered, handled, ignored, refused or failed")
    .option("--limit <count>", "how many, the newest first (default: 20)")
    .action(async (options) => (await load()).messages(options, out(options)));
  verb(channels, "connect", "connect an account; its secret is read from standard input")
    .argument("<channel>", "such as telegram or webhook")
    .option("--account <name>", "name of the account (default: default)")
    .action(async (channel, options) => (await load()).connect(channel, options, out(options)));
  verb(channels, "test", "send a live test message")
    .argument("<channel>", "such as telegram")
    .option("--account <name>", "name of the account (default: default)")
    .option("--to <chat>", "id of a chat (default: the owner's)")
    .action(async (channel, options) => (await load()).test(channel, options, out(options)));
  verb(channels, "retry", "send again what did not arrive")
    .argument("<id>", "as `channels status` prints it")
    .action(async (id, options) => (await load()).retry(id, options, out(options)));
  verb(channels, "discard", "leave what did not arrive as it is")
    .argument("<id>", "as `channels status` prints it")
    .action(async (id, options) => (await load()).discard(id, options, out(options)));

  const pair = channels.command("pair").description("people who ask to be let in");
  verb(pair, "list", "who asks").action(async (options: Options) => (await load()).pairList(options, out(options)));
  verb(pair, "approve", "let somebody in by the code that they were shown")
    .argument("<code>", "eight characters")
    .option("--owner", "it is yourself: everything the owner may do", false)
    .action(async (code, options) => (await load()).pairApprove(code, options, out(options)));
  verb(pair, "reject", "turn somebody away")
    .argument("<code>", "eight characters")
    .action(async (code, options) => (await load()).pairReject(code, options, out(options)));
}
