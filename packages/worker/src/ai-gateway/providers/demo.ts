/**
 * The demo model: a script, plainly said to be one. It needs no key and no network, and shows a newcomer streaming, a tool
 * call, a file written and an approval. Its next step follows from the conversation alone, so it never loops.
 */

import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { type DemoStep, nextDemoStep } from "../demo-script.ts";
import type { Provider, ProviderTarget } from "../provider.ts";

const wordDelayMs = 18;

export const demo: Provider = {
  id: "demo",
  label: "Demo (scripted)",
  dialect: "scripted",
  defaultBaseUrl: "",
  needsKey: false,
  keyUrl: null,
  keyVariables: [],
  defaultModel: "scripted",
  models: [
    {
      id: "scripted",
      name: "Demo (scripted, no AI)",
      contextWindow: 32_000,
      maxOutputTokens: 2_000,
      reasoning: false,
      input: ["text"],
    },
  ],
  create: async (modelId, target) => createDemoModel(modelId, target),
};

function createDemoModel(modelId: string, target: ProviderTarget): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: "demo",
    modelId,
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error("the demo model only streams")),
    doStream: async (options) => ({ stream: streamOf(nextDemoStep(options.prompt, options.tools ?? []), options, target) }),
  };
}

function streamOf(
  step: DemoStep,
  options: LanguageModelV4CallOptions,
  target: ProviderTarget,
): ReadableStream<LanguageModelV4StreamPart> {
  const parts = partsOf(step, options);
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        const { done, value } = parts.next();
        if (done) return controller.close();
        if (value.type === "text-delta") await target.clock.sleep(wordDelayMs, options.abortSignal);
        controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

function* partsOf(step: DemoStep, options: LanguageModelV4CallOptions): Generator<LanguageModelV4StreamPart> {
  yield { type: "stream-start", warnings: [] };
  yield { type: "text-start", id: "0" };
  const words = step.text.match(/\s*\S+/g) ?? [];
  for (const word of words) yield { type: "text-delta", id: "0", delta: word };
  yield { type: "text-end", id: "0" };
  let input = "";
  if (step.call) {
    const id = `demo-${options.prompt.length}`;
    input = JSON.stringify(step.call.arguments);
    yield { type: "tool-input-start", id, toolName: step.call.name };
    yield { type: "tool-input-delta", id, delta: input };
    yield { type: "tool-input-end", id };
    yield { type: "tool-call", toolCallId: id, toolName: step.call.name, input };
  }
  const output = words.length + Math.ceil(input.length / 4);
  yield {
    type: "finish",
    finishReason: step.call ? { unified: "tool-calls", raw: "tool_calls" } : { unified: "stop", raw: "stop" },
    usage: {
      inputTokens: {
        total: Math.ceil(JSON.stringify(options.prompt).length / 4),
        noCache: undefined,
        cacheRead: 0,
        cacheWrite: 0,
      },
      outputTokens: { total: output, text: output, reasoning: 0 },
    },
  };
}
