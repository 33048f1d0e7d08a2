/**
 * What the fake provider answers, and how a test says so inside the user's own text:
 * `[[say: text]] [[think: text]] [[tool: name {json}]] [[tokens: n]] [[delay: ms]] [[wait: ms]] [[fault: kind]] [[fault: kind*2]] [[then]]`.
 * `[[then]]` starts the next step of the same turn (used after the tool results of the step before).
 */

export const faults = [
  "400",
  "401",
  "402",
  "403",
  "404",
  "413",
  "429",
  "500",
  "503",
  "529",
  "context",
  "quota",
  "cut",
  "cut-before",
  "truncated",
  "malformed",
  "malformed-mid",
  "html",
  "empty",
  "hang-before",
  "hang-mid",
  "slow",
  "error-in-200",
  "error-mid",
] as const;
export type Fault = (typeof faults)[number];

export interface FakeToolCall {
  id?: string;
  name: string;
  /** An object is sent as JSON; a string is sent as it is, valid or not. */
  arguments: Record<string, unknown> | string;
}

export interface FakeUsage {
  /** Prompt tokens, cached ones included. */
  input: number;
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
  reasoning?: number;
}

export interface FakeReply {
  think?: string;
  text?: string;
  toolCalls?: FakeToolCall[];
  /** Milliseconds between chunks; default 0: everything in one write. */
  delayMs?: number;
  /** Milliseconds before the first byte. */
  waitMs?: number;
  fault?: Fault;
  /** Seconds for the `retry-after` header of a fault; default none. */
  retryAfterSeconds?: number;
  /** Text for the error message of a fault. */
  errorMessage?: string;
  /** null: the provider reports no usage. */
  usage?: FakeUsage | null;
  finish?: "stop" | "length" | "content-filter";
}

/** The conversation as the reply needs it, whatever the dialect. */
export interface Conversation {
  /** Last text part of the last user message. */
  lastUserText: string;
  /** Tool results after that message, oldest first. */
  toolResults: string[];
  /** Assistant messages after that message. */
  steps: number;
}

interface Directive {
  name: string;
  value: string;
}

/** The default answer: follows the directives of the last user message, quotes tool results, else echoes. */
export function defaultReply(conversation: Conversation, tokens: number | undefined): FakeReply {
  const { lastUserText, toolResults, steps } = conversation;
  const segments = splitSteps(parseDirectives(lastUserText));
  const segment = segments[Math.min(steps, segments.length - 1)] ?? [];
  const pastLast = steps >= segments.length;
  const reply: FakeReply = {};
  for (const directive of segment) applyDirective(reply, directive, pastLast);
  if (reply.text === undefined && !reply.toolCalls) reply.text = plainAnswer(lastUserText, toolResults, tokens);
  return reply;
}

function plainAnswer(lastUserText: string, toolResults: string[], tokens: number | undefined): string {
  if (toolResults.length > 0) return `the tool said: ${toolResults.join(" | ").slice(0, 4_000)}`;
  if (tokens !== undefined) return words(tokens);
  return `answer to: ${lastUserText}`;
}

function applyDirective(reply: FakeReply, { name, value }: Directive, pastLast: boolean): void {
  if (name === "delay") reply.delayMs = Number(value);
  if (name === "wait") reply.waitMs = Number(value);
  if (name === "fault") reply.fault = value.split("*")[0] as Fault;
  if (name === "retry-after") reply.retryAfterSeconds = Number(value);
  // What was said and called already is not said again once every step of the script has been taken.
  if (pastLast) return;
  if (name === "say") reply.text = reply.text === undefined ? value : `${reply.text} ${value}`;
  if (name === "think") reply.think = value;
  if (name === "tokens") reply.text = words(Number(value));
  if (name === "tool") (reply.toolCalls ??= []).push(toolCallFrom(value));
}

/** How often a fault shall strike: `[[fault: 429*2]]` is 2, without a star for ever. */
export function faultLimit(text: string): number {
  const fault = parseDirectives(text).find((directive) => directive.name === "fault");
  const times = fault?.value.split("*")[1];
  return times === undefined ? Number.POSITIVE_INFINITY : Number(times);
}

function toolCallFrom(value: string): FakeToolCall {
  const [, name = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(value) ?? [];
  return { name, arguments: rest === "" ? {} : rest };
}

function splitSteps(directives: Directive[]): Directive[][] {
  const steps: Directive[][] = [[]];
  for (const directive of directives) {
    if (directive.name === "then") steps.push([]);
    else steps.at(-1)?.push(directive);
  }
  return steps;
}

/** Finds `[[name: value]]`; a value that holds JSON may itself contain `]]`. */
function parseDirectives(text: string): Directive[] {
  const found: Directive[] = [];
  const start = /\[\[\s*([a-z-]+)\s*(:|\]\])/g;
  for (let match = start.exec(text); match; match = start.exec(text)) {
    const name = match[1] ?? "";
    if (match[2] === "]]") {
      found.push({ name, value: "" });
      continue;
    }
    const end = endOfValue(text, start.lastIndex);
    if (end === -1) break;
    found.push({ name, value: text.slice(start.lastIndex, end).trim() });
    start.lastIndex = end + 2;
  }
  return found;
}

function endOfValue(text: string, from: number): number {
  let depth = 0;
  let inString = false;
  for (let index = from; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (depth > 0 && character === '"') inString = true;
    else if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    else if (depth <= 0 && text.startsWith("]]", index)) return index;
  }
  return text.indexOf("]]", from);
}

const vocabulary = ["the", "quick", "model", "answers", "with", "plain", "words", "and", "never", "stops", "to", "think"];
const wordCache = new Map<number, string>();

/** `count` words, always the same ones. */
function words(count: number): string {
  const cached = wordCache.get(count);
  if (cached !== undefined) return cached;
  const text = Array.from({ length: count }, (_, index) => vocabulary[index % vocabulary.length]).join(" ");
  wordCache.set(count, text);
  return text;
}

/** Pieces as a model would stream them: a word each, never fewer than two when there are two characters. */
export function chunksOf(text: string): string[] {
  const pieces = text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? [];
  if (pieces.length > 1 || text.length < 2) return pieces.length > 0 ? pieces : text ? [text] : [];
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

export const argumentsText = (call: FakeToolCall): string =>
  typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
