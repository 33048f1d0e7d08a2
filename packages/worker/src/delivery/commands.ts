/** Slash commands of a conversation. Each asks the one gate before it acts, and answers in a sentence or two. */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { ModelRow } from "@moltworker/protocol/rows";
import type { Principal } from "../auth/principal.ts";
import type { Runner } from "../runs/runner.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { ButtonAction } from "./buttons.ts";
import type { ChatKind } from "./channel.ts";

export interface CommandInput {
  name: string;
  args: string;
  sessionKey: string;
  principal: Principal;
  chatKind: ChatKind;
  senderId: string;
  chatId: string;
}

export interface CommandReply {
  text: string;
  buttons?: { label: string; action: ButtonAction }[][];
}

export interface CommandDependencies {
  /** Throws FORBIDDEN. */
  authorize(principal: Principal, action: string): void;
  runner: Runner;
  sessions: SessionStore;
  onSessionChanged(sessionKey: string, reason: "reset" | "updated"): void;
  models: { list(): ModelRow[]; forSession(sessionKey: string): string };
  assistantName(): string;
  /** By id or code. Throws NOT_FOUND. Returns the person's name. */
  approvePairing(code: string, by: Principal): string;
}

interface Command {
  name: string;
  description: string;
  run(input: CommandInput, deps: CommandDependencies): CommandReply;
}

/** Where others talk too, only the owner may cut a conversation short. */
const steer = (input: CommandInput) => (input.chatKind === "direct" ? "channel.steer" : "channel.steer.shared");

const commands: readonly Command[] = [
  {
    name: "new",
    description: "Start a new conversation",
    run(input, deps) {
      deps.authorize(input.principal, steer(input));
      deps.runner.abort({ sessionKey: input.sessionKey }, "reset");
      deps.sessions.ensure(input.sessionKey);
      deps.sessions.reset(input.sessionKey);
      deps.onSessionChanged(input.sessionKey, "reset");
      return { text: "A new conversation. What was said before is kept, and I start afresh." };
    },
  },
  {
    name: "stop",
    description: "Stop what is running here",
    run(input, deps) {
      deps.authorize(input.principal, steer(input));
      const stopped = deps.runner.abort({ sessionKey: input.sessionKey }, "stop");
      return { text: stopped.length > 0 ? "Stopped." : "Nothing is running here." };
    },
  },
  {
    name: "model",
    description: "See or choose the model",
    run(input, deps) {
      deps.authorize(input.principal, "channel.model");
      return input.args === "" ? offerModels(input, deps) : chooseModel(input.sessionKey, input.args, deps);
    },
  },
  {
    name: "status",
    description: "What runs, with which model, what it cost",
    run(input, deps) {
      deps.authorize(input.principal, "channel.status");
      const session = deps.sessions.get(input.sessionKey);
      const live = deps.runner.inFlight(input.sessionKey);
      return {
        text: [
          `**${deps.assistantName()}** with \`${deps.models.forSession(input.sessionKey)}\``,
          deps.runner.suspended
            ? "STOP is on: nothing may start."
            : live
              ? "An answer is being made."
              : "Nothing is running here.",
          ...(session ? [usageLine(session)] : []),
        ].join("\n"),
      };
    },
  },
  {
    name: "usage",
    description: "Tokens and cost of this conversation",
    run(input, deps) {
      deps.authorize(input.principal, "channel.status");
      const session = deps.sessions.get(input.sessionKey);
      return { text: session ? usageLine(session) : "Nothing was used yet." };
    },
  },
  {
    name: "approve",
    description: "Let a person in by their code (owner)",
    run(input, deps) {
      deps.authorize(input.principal, "channel.pairing");
      if (input.args === "") return { text: "Write the code after it: `/approve ABCD2345`." };
      return { text: `${deps.approvePairing(input.args, input.principal)} may write now, as a guest.` };
    },
  },
  {
    name: "whoami",
    description: "Your id here, and what you may do",
    run(input) {
      const role = input.principal.kind === "channel" ? input.principal.role : "guest";
      const group = input.chatKind === "direct" ? "" : `\nThis group's id: \`${input.chatId}\``;
      return { text: `Your id: \`${input.senderId}\`\nYou are ${role === "owner" ? "the owner" : "a guest"} here.${group}` };
    },
  },
  {
    name: "help",
    description: "What I understand",
    run(_input, deps) {
      const lines = commands.map(({ name, description }) => `/${name} - ${description}`);
      return { text: [`I am ${deps.assistantName()}. Write to me, or use:`, "", ...lines].join("\n") };
    },
  },
];

/** For the provider's own menu. */
export const commandMenu = commands.map(({ name, description }) => ({ name, description }));

/** undefined for a name that is no command: then it is a message like any other. Never throws for a refusal. */
export function runCommand(input: CommandInput, deps: CommandDependencies): (CommandReply & { refused?: string }) | undefined {
  const name = { start: "help", reset: "new" }[input.name] ?? input.name;
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) return undefined;
  try {
    return command.run(input, deps);
  } catch (thrown) {
    const error = moltErrorFrom(thrown);
    return { text: `${error.message}. ${error.hint}`, refused: error.message };
  }
}

/** Throws nothing: an unknown name is answered with what there is. */
export function chooseModel(sessionKey: string, wanted: string, deps: CommandDependencies): CommandReply {
  const models = deps.models.list().filter((model) => model.available);
  const text = wanted.trim().toLowerCase();
  const found =
    models.find((model) => model.ref.toLowerCase() === text) ??
    models.find((model) => model.ref.toLowerCase().endsWith(`/${text}`) || model.name.toLowerCase() === text);
  if (!found) return { text: `No provider here offers \`${wanted.slice(0, 80)}\`. Write /model to see what there is.` };
  deps.sessions.ensure(sessionKey);
  deps.sessions.patch(sessionKey, { model: found.ref });
  deps.onSessionChanged(sessionKey, "updated");
  return { text: `This conversation uses \`${found.ref}\` now.` };
}

function offerModels(input: CommandInput, deps: CommandDependencies): CommandReply {
  const present = deps.models.forSession(input.sessionKey);
  const offered = deps.models.list().filter((model) => model.available && model.ref !== present);
  return {
    text: `This conversation uses \`${present}\`.${offered.length > 0 ? " Choose another, or write `/model provider/name`:" : ""}`,
    buttons: offered
      .slice(0, 8)
      .map((model) => [
        { label: model.name.slice(0, 40), action: { do: "model" as const, sessionKey: input.sessionKey, model: model.ref } },
      ]),
  };
}

function usageLine(session: { input_tokens: number; output_tokens: number; cost_usd: number; context_tokens: number }): string {
  const number = new Intl.NumberFormat("en");
  return `${number.format(session.input_tokens)} tokens in, ${number.format(session.output_tokens)} out, $${session.cost_usd.toFixed(4)}; the last prompt had ${number.format(session.context_tokens)}.`;
}
