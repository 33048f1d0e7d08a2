/** Collects one streamed step: deltas become events as they come, whole parts in order become the log's content. */

import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { StopReason } from "@moltworker/protocol/messages";
import { parseToolCall } from "../agent/invalid-arguments.ts";
import type { LogPart, ProviderData } from "../agent/log-entry.ts";
import type { ModelEvent } from "../agent/model.ts";
import { createId } from "../platform/id.ts";

type Delta = Exclude<ModelEvent, { type: "finish" | "retrying" }>;
type Growing = Extract<LogPart, { type: "text" | "thinking" }>;

export class Answer {
  readonly content: LogPart[] = [];
  /** Something went out to people. */
  shown = false;
  /** Text or a tool call has begun: thinking is over. */
  speaking = false;
  /** Characters generated so far, for an estimate when the provider reports nothing. */
  characters = 0;
  finish: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | undefined;
  private readonly open = new Map<string, Growing>();
  private readonly started = new Set<string>();
  private readonly usedIds: Set<string>;

  /** `usedIds`: tool call ids of the conversation so far; some servers count from zero in every answer. */
  constructor(usedIds: Set<string>) {
    this.usedIds = usedIds;
  }

  /** Takes one part; returns what to show. `error` parts are the caller's. */
  take(part: LanguageModelV4StreamPart): Delta | undefined {
    switch (part.type) {
      case "text-start":
        return this.begin(`text ${part.id}`, { type: "text", text: "" }, part.providerMetadata);
      case "text-delta":
        return this.grow(`text ${part.id}`, part.delta, part.providerMetadata);
      case "text-end":
        return this.finishBlock(`text ${part.id}`, part.providerMetadata);
      case "reasoning-start":
        return this.begin(`thinking ${part.id}`, { type: "thinking", thinking: "" }, part.providerMetadata);
      case "reasoning-delta":
        return this.grow(`thinking ${part.id}`, part.delta, part.providerMetadata);
      case "reasoning-end":
        return this.finishBlock(`thinking ${part.id}`, part.providerMetadata);
      case "tool-input-start":
        return this.startTool(part.id, part.toolName);
      case "tool-input-delta":
        this.characters += part.delta.length;
        return undefined;
      case "tool-call":
        return this.call(part);
      case "finish":
        this.finish = { reason: part.finishReason, usage: part.usage };
        return undefined;
      default:
        return undefined;
    }
  }

  /** Content without blocks that hold nothing: neither text nor data that must go back to the provider. */
  parts(): LogPart[] {
    return this.content.filter((part) => {
      if (part.type === "text") return part.text !== "";
      return part.type === "thinking" ? part.thinking !== "" || part.providerData !== undefined : true;
    });
  }

  stopReason(): StopReason {
    if (this.content.some((part) => part.type === "toolCall")) return "toolUse";
    const reason = this.finish?.reason.unified;
    if (reason === "length") return "length";
    return reason === "content-filter" ? "contentFilter" : "stop";
  }

  private begin(key: string, part: Growing, metadata: SharedV4ProviderMetadata | undefined): undefined {
    this.content.push(part);
    this.open.set(key, part);
    merge(part, metadata);
  }

  private grow(key: string, delta: string, metadata: SharedV4ProviderMetadata | undefined): Delta | undefined {
    let part = this.open.get(key);
    if (!part) {
      this.begin(key, key.startsWith("text ") ? { type: "text", text: "" } : { type: "thinking", thinking: "" }, undefined);
      part = this.open.get(key) as Growing;
    }
    merge(part, metadata);
    if (delta === "") return undefined;
    this.shown = true;
    this.characters += delta.length;
    this.speaking ||= part.type === "text";
    if (part.type === "text") part.text += delta;
    else part.thinking += delta;
    return { type: part.type, delta };
  }

  private finishBlock(key: string, metadata: SharedV4ProviderMetadata | undefined): undefined {
    const part = this.open.get(key);
    if (part) merge(part, metadata);
    this.open.delete(key);
  }

  private startTool(id: string, name: string): Delta | undefined {
    this.speaking = true;
    if (this.started.has(id)) return undefined;
    this.started.add(id);
    // An id that must be changed is announced when the whole call is known, so that both events carry the same one.
    if (id === "" || this.usedIds.has(id)) return undefined;
    this.shown = true;
    return { type: "tool-start", toolCallId: id, name };
  }

  private call(part: Extract<LanguageModelV4StreamPart, { type: "tool-call" }>): Delta | undefined {
    const fresh = part.toolCallId !== "" && !this.usedIds.has(part.toolCallId);
    const id = fresh ? part.toolCallId : createId("call");
    this.usedIds.add(id);
    const call = parseToolCall({ id, name: part.toolName, input: part.input });
    if (part.providerMetadata) call.providerData = { ...(part.providerMetadata as ProviderData), ...call.providerData };
    this.content.push(call);
    if (fresh && this.started.has(id)) return undefined;
    this.shown = true;
    return { type: "tool-start", toolCallId: id, name: part.toolName };
  }
}

function merge(part: Growing, metadata: SharedV4ProviderMetadata | undefined): void {
  if (!metadata) return;
  const data: ProviderData = part.providerData ?? {};
  for (const [provider, values] of Object.entries(metadata))
    data[provider] = { ...data[provider], ...(values as Record<string, unknown>) };
  part.providerData = data;
}
