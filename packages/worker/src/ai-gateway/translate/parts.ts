/** From the stream parts of the AI SDK's providers to the events that a caller's dialect writes. */

import type { LanguageModelV4StreamPart, LanguageModelV4Usage, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { CallUsage } from "../governor/governor.ts";
import { type AnswerEnd, type AnswerEvent, type FinishReason, seal } from "./dialect.ts";

export class PartReader {
  end: AnswerEnd | undefined;
  /** An `error` part. */
  failure: unknown;
  readonly warnings: string[] = [];
  private readonly indexes = new Map<string, number>();
  private readonly data = new Map<string, SharedV4ProviderMetadata>();
  private count = 0;
  private called = false;

  /** What one part means; several for none or one event. */
  take(part: LanguageModelV4StreamPart): AnswerEvent | undefined {
    switch (part.type) {
      case "stream-start":
        for (const warning of part.warnings) this.warnings.push(wordsOf(warning));
        return undefined;
      case "text-start":
      case "reasoning-start":
        this.note(part.id, part.type === "text-start" ? "text" : "thinking", part.providerMetadata);
        return undefined;
      case "text-delta":
      case "reasoning-delta": {
        const kind = part.type === "text-delta" ? "text" : "thinking";
        const index = this.note(part.id, kind, part.providerMetadata);
        return part.delta === "" ? undefined : { type: kind, index, delta: part.delta };
      }
      case "text-end":
      case "reasoning-end": {
        const kind = part.type === "text-end" ? "text" : "thinking";
        const index = this.note(part.id, kind, part.providerMetadata);
        const key = `${kind} ${part.id}`;
        const data = seal(this.data.get(key));
        this.indexes.delete(key);
        this.data.delete(key);
        return { type: "part-end", index, kind, data };
      }
      case "tool-call":
        this.called = true;
        return {
          type: "tool",
          index: this.next(),
          id: part.toolCallId,
          name: part.toolName,
          input: part.input,
          data: seal(part.providerMetadata),
        };
      case "finish":
        this.end = { reason: this.called ? "tools" : reasonOf(part.finishReason.unified), usage: usageOf(part.usage) };
        return undefined;
      case "error":
        this.failure ??= part.error;
        return undefined;
      default:
        return undefined;
    }
  }

  private note(id: string, kind: "text" | "thinking", metadata: SharedV4ProviderMetadata | undefined): number {
    const key = `${kind} ${id}`;
    if (metadata) this.data.set(key, { ...this.data.get(key), ...metadata });
    let index = this.indexes.get(key);
    if (index === undefined) {
      index = this.next();
      this.indexes.set(key, index);
    }
    return index;
  }

  private next(): number {
    this.count += 1;
    return this.count - 1;
  }
}

function reasonOf(unified: string): FinishReason {
  if (unified === "length") return "length";
  if (unified === "tool-calls") return "tools";
  return unified === "content-filter" ? "filter" : "stop";
}

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): CallUsage {
  return {
    input: inputTokens.total ?? 0,
    output: outputTokens.total ?? 0,
    cacheRead: inputTokens.cacheRead ?? 0,
    cacheWrite: inputTokens.cacheWrite ?? 0,
    reasoning: outputTokens.reasoning ?? 0,
  };
}

function wordsOf(warning: object): string {
  const { type, feature, message, details, setting } = warning as Record<string, unknown>;
  return [type, feature ?? setting, message ?? details].filter((word) => typeof word === "string").join(": ");
}
