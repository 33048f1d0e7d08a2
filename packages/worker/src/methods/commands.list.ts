import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

const commands = [
  { name: "new", description: "Start a new conversation", acceptsArgs: false },
  { name: "reset", description: "Clear this conversation", acceptsArgs: false },
  { name: "stop", description: "Stop what is running here", acceptsArgs: false },
  { name: "model", description: "Choose the model of this conversation", acceptsArgs: true },
  { name: "think", description: "Choose how much the model thinks", acceptsArgs: true },
  { name: "compact", description: "Fold older messages into a summary", acceptsArgs: false },
];

/** Slash commands that a client may offer. */
export const commandsList = defineMethod<"commands.list">({
  name: "commands.list",
  scope: "operator.read",
  params: () => z.looseObject({ agentId: z.string().optional() }),
  handle: () => ({ commands }),
});
