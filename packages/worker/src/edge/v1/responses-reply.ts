/** Answers in the form of Responses. One output message; what the run did with tools stays behind. */

import type { MoltError } from "@moltworker/protocol/errors";
import type { Answer } from "./answer.ts";
import { openAiError } from "./problem.ts";
import type { Reply } from "./reply.ts";
import type { StoredRequest } from "./request-store.ts";

type Status = "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";

export const responsesReply: Reply = {
  whole(request, answer) {
    if (answer.error) throw answer.error;
    return responseObject(request, answer);
  },
  stream(request, out) {
    let number = 0;
    let text = "";
    const itemId = `msg_${request.id}`;
    const place = { item_id: itemId, output_index: 0, content_index: 0 };
    const emit = (type: string, fields: object) => {
      out.send(JSON.stringify({ type, sequence_number: number, ...fields }), type);
      number += 1;
    };
    const open = () => {
      emit("response.output_item.added", { output_index: 0, item: message(itemId, "in_progress", undefined) });
      emit("response.content_part.added", { ...place, part: part("") });
    };
    const begun = responseFrom(request, "in_progress", undefined);
    emit("response.created", { response: begun });
    emit("response.in_progress", { response: begun });
    return {
      text(delta) {
        if (text === "") open();
        text += delta;
        emit("response.output_text.delta", { ...place, delta, logprobs: [] });
      },
      failed(error) {
        emit("response.failed", { response: { ...responseFrom(request, "failed", undefined), error: failureOf(error) } });
      },
      end(answer) {
        const status = statusOf(answer);
        const done = { ...answer, text };
        if (text !== "" || status === "completed") {
          if (text === "") open();
          emit("response.output_text.done", { ...place, text, logprobs: [] });
          emit("response.content_part.done", { ...place, part: part(text) });
          emit("response.output_item.done", { output_index: 0, item: message(itemId, itemStatus(status), text) });
        }
        const last = status === "cancelled" ? "failed" : status;
        emit(`response.${last}`, { response: responseFrom(request, status, done) });
      },
    };
  },
};

/** As it stands now: whoever reads one later is told of its failure by its status. */
export const responseObject = (request: StoredRequest, answer: Answer): object => responseFrom(request, statusOf(answer), answer);

function statusOf(answer: Answer): Status {
  if (answer.state === "queued") return "queued";
  if (answer.state === "running" || answer.state === "waiting") return "in_progress";
  if (answer.state === "aborted") return "cancelled";
  if (answer.state === "failed") return "failed";
  return answer.stopReason === "length" || answer.stopReason === "contentFilter" ? "incomplete" : "completed";
}

function responseFrom(request: StoredRequest, status: Status, answer: Answer | undefined): object {
  const over = status !== "queued" && status !== "in_progress";
  const text = over ? (answer?.text ?? "") : "";
  return {
    id: `resp_${request.id}`,
    object: "response",
    created_at: Math.floor(request.created_at / 1_000),
    completed_at: over && answer?.endedAt ? Math.floor(answer.endedAt / 1_000) : null,
    status,
    error: answer?.error && status === "failed" ? failureOf(answer.error) : null,
    incomplete_details:
      status === "incomplete" ? { reason: answer?.stopReason === "length" ? "max_output_tokens" : "content_filter" } : null,
    model: request.model,
    output: over && (text !== "" || status === "completed") ? [message(`msg_${request.id}`, itemStatus(status), text)] : [],
    parallel_tool_calls: true,
    temperature: null,
    top_p: null,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_logprobs: 0,
    truncation: "disabled",
    service_tier: "default",
    usage: over && answer ? usageOf(answer) : null,
    ...(JSON.parse(request.echo) as object),
  };
}

const failureOf = (error: MoltError) => ({ code: error.code, message: openAiError(error).message });
const itemStatus = (status: Status) => (status === "completed" ? "completed" : "incomplete");
const part = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });

function message(id: string, status: string, text: string | undefined): object {
  return { type: "message", id, status, role: "assistant", content: text === undefined ? [] : [part(text)] };
}

function usageOf({ usage }: Answer): object {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
