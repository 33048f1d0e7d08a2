/** Builds the request of the next model step from the log. */

import * as z from "zod";
import type { ModelRequest } from "../agent/model.ts";
import type { RunContext } from "./run-context.ts";

export async function prepareStep(context: RunContext, _ref: string): Promise<ModelRequest> {
  const prompt: ModelRequest["prompt"] = [{ role: "system", content: "You are a helpful assistant." }];
  for (const { entry } of context.transcript.context(context.run.session_key)) {
    if (entry.role === "user") prompt.push({ role: "user", content: entry.content.flatMap((part) => (part.type === "text" ? [{ type: "text" as const, text: part.text }] : [])) });
    if (entry.role === "assistant" && entry.content.length > 0)
      prompt.push({
        role: "assistant",
        content: entry.content.flatMap((part) =>
          part.type === "text" ? [{ type: "text" as const, text: part.text } as never] : part.type === "toolCall" ? [{ type: "tool-call" as const, toolCallId: part.id, toolName: part.name, input: part.arguments }] : [],
        ),
      });
    if (entry.role === "toolResult")
      prompt.push({ role: "tool", content: [{ type: "tool-result", toolCallId: entry.toolCallId, toolName: entry.toolName, output: { type: "text", value: entry.content.map((part) => part.text).join("\n") } }] });
  }
  const tools = context.tools.map((tool) => ({ type: "function" as const, name: tool.name, description: tool.description, inputSchema: z.toJSONSchema(tool.parameters, { io: "input" }) as never }));
  return { prompt, tools, thinking: "off" };
}
