/** The pairing rules of each provider's API, checked on the very body that its SDK would send. Returns what is broken, in words. */

type Json = Record<string, unknown>;

const records = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const blank = (value: unknown): boolean => typeof value !== "string" || value.trim() === "";

export function chatFaults(body: Json): string[] {
  const faults: string[] = [];
  const used = new Set<string>();
  let owed: string[] = [];
  const messages = records(body.messages).filter((message) => message.role !== "system");
  if (messages[0]?.role !== "user") faults.push("does not begin with the user");
  if (messages.at(-1)?.role === "assistant") faults.push("ends with the assistant");
  for (const message of messages) {
    if (message.role === "tool") {
      if (owed.shift() !== message.tool_call_id) faults.push(`tool message ${String(message.tool_call_id)} answers no open call`);
      if (blank(message.content)) faults.push("blank tool message");
      continue;
    }
    if (owed.length > 0) faults.push(`calls without result: ${owed.join()}`);
    owed = [];
    const calls = records(message.tool_calls);
    const empty = Array.isArray(message.content) ? message.content.length === 0 : blank(message.content);
    if (empty && calls.length === 0) faults.push(`empty ${String(message.role)} message`);
    for (const call of calls) {
      const { name, arguments: args } = call.function as Json;
      if (typeof JSON.parse(String(args)) !== "object" || blank(name)) faults.push("bad call");
      if (used.has(String(call.id))) faults.push(`id used twice: ${String(call.id)}`);
      used.add(String(call.id));
      owed.push(String(call.id));
    }
  }
  return owed.length > 0 ? [...faults, "ends with calls without result"] : faults;
}

export function responsesFaults(body: Json): string[] {
  const faults: string[] = [];
  const calls = new Set<string>();
  const open = new Set<string>();
  const items = records(body.input).filter((item) => item.role !== "system" && item.role !== "developer");
  if (items[0]?.role !== "user") faults.push("does not begin with the user");
  for (const [index, item] of items.entries()) {
    const id = String(item.call_id);
    if (item.type === "function_call") {
      if (calls.has(id)) faults.push(`id used twice: ${id}`);
      if (typeof JSON.parse(String(item.arguments)) !== "object") faults.push("bad arguments");
      calls.add(id);
      open.add(id);
    } else if (item.type === "function_call_output") {
      if (!open.delete(id)) faults.push(`output without call: ${id}`);
      if (blank(item.output)) faults.push("blank output");
    } else if (item.type === "reasoning") {
      const next = items[index + 1];
      const followed = next?.type === "reasoning" || next?.type === "function_call" || next?.role === "assistant";
      if (!followed) faults.push("reasoning without what follows it");
      if (!item.encrypted_content) faults.push("reasoning that was not stored and is not sealed");
    } else if (item.type === "item_reference") faults.push("reference to something that was never stored");
    else if (open.size > 0 && item.role === "user") faults.push(`calls without result: ${[...open].join()}`);
    if (item.role && records(item.content).length === 0 && blank(item.content)) faults.push(`empty ${String(item.role)} item`);
  }
  return open.size > 0 ? [...faults, "ends with calls without result"] : faults;
}

export function anthropicFaults(body: Json): string[] {
  const faults: string[] = [];
  const used = new Set<string>();
  let owed: string[] = [];
  const messages = records(body.messages);
  if (messages[0]?.role !== "user") faults.push("does not begin with the user");
  if (messages.at(-1)?.role !== "user") faults.push("does not end with the user");
  for (const [index, message] of messages.entries()) {
    if (index > 0 && messages[index - 1]?.role === message.role) faults.push(`two ${String(message.role)} messages in a row`);
    const blocks = records(message.content);
    if (blocks.length === 0) faults.push(`empty ${String(message.role)} message`);
    const results = blocks.filter((block) => block.type === "tool_result").map((block) => String(block.tool_use_id));
    if (message.role === "user") {
      if (results.join() !== owed.join()) faults.push(`calls ${owed.join()} answered by ${results.join()}`);
      if (blocks.slice(0, results.length).some((block) => block.type !== "tool_result")) faults.push("results do not come first");
      owed = [];
    } else if (owed.length > 0 || results.length > 0) faults.push("calls and results out of place");
    for (const block of blocks) {
      if (block.type === "text" && blank(block.text)) faults.push("blank text block");
      if (block.type === "thinking" && blank(block.signature)) faults.push("thinking without signature");
      if (block.type !== "tool_use") continue;
      const id = String(block.id);
      if (used.has(id) || !/^[a-zA-Z0-9_-]+$/.test(id)) faults.push(`id ${id}`);
      if (typeof block.input !== "object" || block.input === null) faults.push("input is no object");
      used.add(id);
      owed.push(id);
    }
  }
  return owed.length > 0 ? [...faults, "ends with calls without result"] : faults;
}

export function googleFaults(body: Json): string[] {
  const faults: string[] = [];
  let owed: string[] = [];
  const contents = records(body.contents);
  if (contents[0]?.role !== "user") faults.push("does not begin with the user");
  if (contents.at(-1)?.role !== "user") faults.push("does not end with the user");
  for (const content of contents) {
    const parts = records(content.parts);
    if (parts.length === 0) faults.push(`empty ${String(content.role)} content`);
    const names = (kind: "functionCall" | "functionResponse") =>
      parts.flatMap((part) => (part[kind] ? [String((part[kind] as Json).name)] : []));
    const answered = names("functionResponse");
    if (content.role === "user" && answered.join() !== owed.join())
      faults.push(`calls ${owed.join()} answered by ${answered.join()}`);
    if (content.role === "model" && (owed.length > 0 || answered.length > 0)) faults.push("calls and results out of place");
    if (parts.some((part) => "text" in part && blank(part.text) && !part.thought && !part.thoughtSignature))
      faults.push("blank text part");
    owed = content.role === "model" ? names("functionCall") : [];
  }
  return owed.length > 0 ? [...faults, "ends with calls without result"] : faults;
}
