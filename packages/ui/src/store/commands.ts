/** Everything that can be done, once, under its name: the palette lists it and the field takes it after a slash. */

import { type ThinkingLevel, thinkingLevels } from "@moltworker/protocol/rows";
import { app, threadOf } from "./app.ts";
import { notify } from "./notices.ts";
import { setTheme } from "./preferences.ts";
import { go } from "./route.ts";
import {
  chooseModel,
  chooseThinking,
  compactSession,
  newSession,
  patchSession,
  renameSession,
  resetSession,
  setSuspended,
} from "./sessions.ts";
import { decide, retryFrom, stopRun } from "./talk.ts";

export interface Command {
  /** Typed after a slash. */
  name: string;
  title: string;
  hint: string;
  /** What the text after the name means, shown as a placeholder. */
  takes?: string;
  /** The server's method that it needs; without it the command is not offered. */
  needs?: string;
  run(argument: string): void;
}

const here = () => app.get().currentKey;

const commands: readonly Command[] = [
  { name: "new", title: "New conversation", hint: "starts with a clean page", run: () => void newSession() },
  { name: "stop", title: "Stop this answer", hint: "ends the run of this conversation", run: () => void stopRun(here()) },
  { name: "retry", title: "Ask again", hint: "repeats your last question", run: retryLast },
  { name: "model", title: "Choose a model", hint: "for this conversation", takes: "part of its name", run: modelByName },
  { name: "think", title: "Set the thinking level", hint: thinkingLevels.join(", "), takes: "level", run: thinkingByName },
  {
    name: "rename",
    title: "Rename this conversation",
    hint: "an empty name gives back its own",
    takes: "name",
    run: (name) => void renameSession(here(), name),
  },
  {
    name: "pin",
    title: "Pin or unpin this conversation",
    hint: "keeps it on top of the list",
    run: () => void patchSession(here(), { pinned: !app.get().sessions[here()]?.pinned }),
  },
  {
    name: "compact",
    title: "Fold older messages",
    hint: "into a summary for the model",
    needs: "sessions.compact",
    run: () => void compactSession(here()),
  },
  {
    name: "reset",
    title: "Empty this conversation",
    hint: "starts it anew under the same name",
    run: () => void resetSession(here()),
  },
  { name: "approve", title: "Approve what waits", hint: "runs the call that is shown", run: () => decideFirst("allow-once") },
  { name: "deny", title: "Deny what waits", hint: "the assistant is told no", run: () => decideFirst("deny") },
  {
    name: "stopall",
    title: "STOP everything",
    hint: "halts every run and tool until you resume",
    run: () => void setSuspended(true),
  },
  { name: "resume", title: "Resume after STOP", hint: "lets the assistant work again", run: () => void setSuspended(false) },
  {
    name: "settings",
    title: "Settings",
    hint: "models, assistant, files, appearance",
    run: () => go({ page: "settings", tab: "models" }),
  },
  {
    name: "keys",
    title: "Models and keys",
    hint: "add a provider, see what was found on this machine",
    run: () => go({ page: "settings", tab: "models" }),
  },
  {
    name: "files",
    title: "The assistant's files",
    hint: "AGENTS, SOUL, USER, MEMORY",
    run: () => go({ page: "settings", tab: "files" }),
  },
  {
    name: "admin",
    title: "Admin",
    hint: "health, access, configuration, logs",
    run: () => go({ page: "admin", id: null, rest: null }),
  },
  { name: "light", title: "Light theme", hint: "", run: () => setTheme("light") },
  { name: "dark", title: "Dark theme", hint: "", run: () => setTheme("dark") },
  { name: "system", title: "Theme of the system", hint: "", run: () => setTheme("system") },
];

/** Commands that this server can carry out. */
export function offeredCommands(): Command[] {
  const { connection } = app.get();
  const methods = connection.phase === "connected" ? connection.hello.features.methods : [];
  return commands.filter((command) => command.needs === undefined || methods.includes(command.needs));
}

/** The command a text names, when it is one and nothing else. */
export function commandIn(text: string): { command: Command; argument: string } | undefined {
  const [, name, argument] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  const command = offeredCommands().find((candidate) => candidate.name === name);
  return command && { command, argument: argument?.trim() ?? "" };
}

/** Opens the list of models; the header listens, since the list hangs under its own button. */
export const openModelPicker = new EventTarget();

function modelByName(text: string): void {
  if (text === "") {
    openModelPicker.dispatchEvent(new Event("open"));
    return;
  }
  const wanted = text.toLowerCase();
  const models = app.get().models.filter((model) => model.available);
  const model =
    models.find((row) => row.ref.toLowerCase() === wanted || row.id.toLowerCase() === wanted) ??
    models.find((row) => `${row.ref} ${row.name}`.toLowerCase().includes(wanted));
  if (!model) return notify(`No model here is called “${text}”.`, "error", "Press Ctrl K and type “model” to see them all.");
  void chooseModel(here(), model.ref);
  notify(`This conversation now uses ${model.name}.`);
}

function thinkingByName(text: string): void {
  const level = thinkingLevels.find((candidate) => candidate === text.toLowerCase()) as ThinkingLevel | undefined;
  if (!level) return notify(`Thinking can be ${thinkingLevels.join(", ")}.`, "error");
  void chooseThinking(here(), level);
}

function retryLast(): void {
  const last = threadOf(app.get(), here()).messages.findLast((message) => message.role === "user");
  if (last?.role === "user") void retryFrom(here(), last);
}

function decideFirst(decision: "allow-once" | "deny"): void {
  const { approvals } = app.get();
  const first = approvals.find((approval) => approval.request.sessionKey === here()) ?? approvals[0];
  if (first) void decide(first.id, decision);
  else notify("Nothing waits for an approval.");
}
