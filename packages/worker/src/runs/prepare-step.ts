/** Builds the request of the next model step from the log: older messages folded when the context fills up, attachments loaded. */

import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { ModelRow } from "@moltworker/protocol/rows";
import * as z from "zod";
import { needsCompaction } from "../agent/compaction.ts";
import { compile } from "../agent/compile.ts";
import type { LogEntry } from "../agent/log-entry.ts";
import { viewOf } from "../agent/log-view.ts";
import type { ModelRequest } from "../agent/model.ts";
import { systemPrompt } from "../agent/prompt.ts";
import type { Tool } from "../agent/tool.ts";
import { readByAsking } from "../sessions/outbox.ts";
import { audienceOf } from "./audience.ts";
import { foldLog } from "./compact.ts";
import type { RunContext } from "./run-context.ts";
import { optionsOf } from "./run-store.ts";

export async function prepareStep(context: RunContext, ref: string): Promise<ModelRequest> {
  const { run, models, transcript, sessions, settings, signal } = context;
  const { compactAt, thinking } = settings();
  const model = models.describe(ref);
  const options = optionsOf(run);
  const system = options.instructions
    ? `${systemText(context)}\n\n## For this answer\n\n${options.instructions}`
    : systemText(context);
  const offered = toolSchemas(context.tools);
  const read = () => transcript.context(run.session_key).map((stored) => stored.entry);
  let entries = read();
  if (needsCompaction({ entries, fixedCharacters: system.length + offered.characters, model }, compactAt)) {
    await fold(context, ref, true);
    entries = read();
  }
  const blobs = await loadBlobs(context, entries, model);
  signal.throwIfAborted();
  return {
    prompt: compile({ entries, system, model, blobs }),
    tools: offered.tools,
    thinking: run.thinking ?? sessions.get(run.session_key)?.thinking ?? thinking,
    ...(options.maxOutputTokens === undefined ? {} : { maxOutputTokens: options.maxOutputTokens }),
  };
}

/** One folding as a step of the run. False when there was nothing left to fold. */
export async function fold(context: RunContext, ref: string, askModel: boolean): Promise<boolean> {
  const { run, store, events, signal } = context;
  events.chat({ state: "status", phase: "preparing_context", note: "Folding older messages into a summary" });
  const position = store.beginStep(run.id, "compaction");
  const folded = await foldLog(context, { sessionKey: run.session_key, ref, runId: run.id, signal, askModel });
  store.endStep(run.id, position, folded ? "done" : "failed");
  return folded;
}

function systemText({ run, workspace, settings, clock }: RunContext): string {
  const decoder = new TextDecoder();
  return systemPrompt({
    name: settings().name,
    read: (path) => {
      const bytes = workspace.read(path);
      return bytes && decoder.decode(bytes);
    },
    nowMs: clock.now(),
    audience: audienceOf(run),
    ...(readByAsking.has(run.channel) ? {} : { channel: run.channel }),
  });
}

interface OfferedTools {
  tools: LanguageModelV4FunctionTool[];
  characters: number;
}

const offeredByList = new WeakMap<readonly Tool[], OfferedTools>();

/** The catalog does not change while the process lives, so its schemas are made once. */
function toolSchemas(list: readonly Tool[]): OfferedTools {
  const known = offeredByList.get(list);
  if (known) return known;
  const tools = list.map((tool): LanguageModelV4FunctionTool => {
    const { $schema: _dialect, ...schema } = z.toJSONSchema(tool.parameters, { io: "input" });
    return {
      type: "function",
      name: tool.name,
      description: tool.description,
      inputSchema: schema as LanguageModelV4FunctionTool["inputSchema"],
    };
  });
  const offered = { tools, characters: JSON.stringify(tools).length };
  offeredByList.set(list, offered);
  return offered;
}

async function loadBlobs({ blobs }: RunContext, entries: readonly LogEntry[], model: ModelRow): Promise<Map<string, Uint8Array>> {
  const wanted = viewOf(entries).entries.flatMap((entry) =>
    entry.role === "user"
      ? entry.content.flatMap((part) =>
          part.type === "file" || (part.type === "image" && model.input.includes("image")) ? [part.blobId] : [],
        )
      : [],
  );
  const loaded = await Promise.all([...new Set(wanted)].map(async (id) => [id, await blobs.bytes(id)] as const));
  return new Map(loaded.flatMap(([id, bytes]) => (bytes ? [[id, bytes] as const] : [])));
}
