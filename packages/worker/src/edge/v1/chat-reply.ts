/** Answers in the form of Chat Completions. */

import type { Answer } from "./answer.ts";
import { openAiError } from "./problem.ts";
import type { Reply } from "./reply.ts";
import type { StoredRequest } from "./request-store.ts";

/** `includeUsage`: OpenAI's `stream_options.include_usage`. */
export function chatReply(includeUsage: boolean): Reply {
  return {
    whole(request, answer) {
      if (answer.error) throw answer.error;
      return {
        ...base(request, "chat.completion"),
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: answer.text, refusal: null },
            logprobs: null,
            finish_reason: finishReason(answer),
          },
        ],
        usage: usageOf(answer),
      };
    },
    stream(request, out) {
      const chunk = (delta: object, finish: string | null) =>
        out.send(
          JSON.stringify({
            ...base(request, "chat.completion.chunk"),
            choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
            ...(includeUsage ? { usage: null } : {}),
          }),
        );
      chunk({ role: "assistant", content: "", refusal: null }, null);
      const failed: ReturnType<Reply["stream"]>["failed"] = (error) => {
        out.send(JSON.stringify({ error: openAiError(error) }));
        out.send("[DONE]");
      };
      return {
        text: (delta) => chunk({ content: delta }, null),
        failed,
        end(answer) {
          if (answer.error) return failed(answer.error);
          chunk({}, finishReason(answer));
          if (includeUsage)
            out.send(JSON.stringify({ ...base(request, "chat.completion.chunk"), choices: [], usage: usageOf(answer) }));
          out.send("[DONE]");
        },
      };
    },
  };
}

function base(request: StoredRequest, object: string): object {
  return {
    id: `chatcmpl-${request.id}`,
    object,
    created: Math.floor(request.created_at / 1_000),
    model: request.model,
    system_fingerprint: null,
    service_tier: "default",
  };
}

function finishReason({ stopReason }: Answer): string {
  if (stopReason === "length") return "length";
  return stopReason === "contentFilter" ? "content_filter" : "stop";
}

function usageOf({ usage }: Answer): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
