/** The rules that every compiled prompt keeps, before any dialect. Returns what is broken, in words. */

import type { ModelRequest } from "../../packages/worker/src/agent/model.ts";

const idForm = /^[A-Za-z0-9_-]{1,64}$/;
const nameForm = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

export function promptFaults(prompt: ModelRequest["prompt"], provider: string): string[] {
  const faults = foreignData(prompt, provider);
  const seen = new Set<string>();
  let owed: string[] = [];
  const talk = prompt.filter((message) => message.role !== "system");
  if (talk[0]?.role !== "user") faults.push(`begins with ${talk[0]?.role}`);
  if (talk.at(-1)?.role === "assistant") faults.push("ends with the assistant");
  for (const message of talk) {
    if (message.content.length === 0) faults.push(`empty ${message.role} message`);
    if (message.role === "tool") {
      const answered = message.content.map((part) => (part.type === "tool-result" ? part.toolCallId : "?"));
      if (answered.join() !== owed.join()) faults.push(`calls ${owed.join()} answered by ${answered.join()}`);
      owed = [];
      continue;
    }
    if (owed.length > 0) faults.push(`calls ${owed.join()} not answered`);
    owed = [];
    if (typeof message.content === "string") continue;
    for (const part of message.content) {
      if (part.type === "text" && part.text.trim() === "") faults.push(`blank text in ${message.role} message`);
      if (part.type === "text" && !part.text.isWellFormed()) faults.push("half a character");
      if (part.type !== "tool-call") continue;
      if (seen.has(part.toolCallId)) faults.push(`id ${part.toolCallId} used twice`);
      if (!idForm.test(part.toolCallId)) faults.push(`id "${part.toolCallId}"`);
      if (!nameForm.test(part.toolName)) faults.push(`name "${part.toolName}"`);
      seen.add(part.toolCallId);
      owed.push(part.toolCallId);
    }
  }
  if (owed.length > 0) faults.push(`calls ${owed.join()} not answered at the end`);
  return faults;
}

/** Data of one provider must never reach another; what we note for ourselves must reach none. */
function foreignData(prompt: ModelRequest["prompt"], provider: string): string[] {
  return prompt.flatMap((message) => {
    if (typeof message.content === "string") return [];
    const parts: { providerOptions?: Record<string, unknown> | undefined }[] = message.content;
    return parts.flatMap((part) =>
      Object.keys(part.providerOptions ?? {})
        .filter((key) => key !== provider)
        .map((key) => `data of ${key} goes to ${provider}`),
    );
  });
}
