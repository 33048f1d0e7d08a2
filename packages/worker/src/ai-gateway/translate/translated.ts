/**
 * One try at a target that speaks another dialect than its caller: the AI SDK's provider writes the request and reads the
 * answer over our own exchange, and the caller's dialect writes it again. In the pipeline it looks like any other try.
 */

import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import { createId } from "../../platform/id.ts";
import { badFrom, refused } from "../proxy/attempt-target.ts";
import { utf8 } from "../proxy/call-body.ts";
import { withoutScheme } from "../proxy/credentials.ts";
import { Exchange } from "../proxy/exchange.ts";
import type { Bad, Good, Target, TryInput } from "../proxy/plan.ts";
import { chatDialect } from "./chat.ts";
import type { AnswerEvent, AnswerHead, CallerDialect, TranslatedRequest } from "./dialect.ts";
import { messagesDialect } from "./messages.ts";
import { PartReader } from "./parts.ts";
import { responsesDialect } from "./responses.ts";

export const callerDialects: Record<"chat" | "responses" | "messages", CallerDialect> = {
  chat: chatDialect,
  responses: responsesDialect,
  messages: messagesDialect,
};

/** What makes a target a translated one. */
export interface Translation {
  dialect: CallerDialect;
  request: TranslatedRequest;
  /** As the caller named the model. */
  modelName: string;
  /** Makes the upstream's model; loads its SDK on first use. */
  create(target: { apiKey: string | undefined; fetch: typeof fetch }): Promise<LanguageModelV4>;
}

interface TranslatedTry extends TryInput {
  translation: Translation;
}

export async function attemptTranslated(input: TranslatedTry): Promise<Good | Bad> {
  const { target, translation, key } = input;
  const wire = new Wire(input);
  const apiKey = target.ownKey ? withoutScheme(target.ownKey.value) : key?.value;
  const parts = new PartReader();
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  try {
    const model = await translation.create({ apiKey, fetch: wire.fetch });
    const { stream } = await model.doStream({ ...translation.request, abortSignal: wire.signal });
    reader = stream.getReader();
    const source = { reader, parts };
    const first = await nextEvent(source);
    if (parts.failure !== undefined && !first) throw parts.failure;
    if (!first && !parts.end)
      throw new MoltError("PROVIDER_BAD_RESPONSE", { message: `${target.upstream.label} sent an empty answer` });
    return target.wantsStream ? streamed(input, wire, source, first) : await whole(input, wire, source, first);
  } catch (thrown) {
    reader?.cancel().catch(() => {});
    wire.end();
    if (wire.bad) return { ...wire.bad, said: spoken(wire.bad, translation.dialect) };
    return badFrom(wire.fault ?? foreign(target, thrown), wire.begun);
  }
}

interface Source {
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>;
  parts: PartReader;
}

/** undefined at the end, or when the provider said an error. */
async function nextEvent({ reader, parts }: Source): Promise<AnswerEvent | undefined> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    const event = parts.take(value);
    if (parts.failure !== undefined) return undefined;
    if (event) return event;
  }
}

const headOf = ({ translation }: TranslatedTry): AnswerHead => {
  const now = Date.now();
  return { model: translation.modelName, id: createId("x", now).slice(2), created: Math.floor(now / 1_000) };
};

function streamed(input: TranslatedTry, wire: Wire, source: Source, first: AnswerEvent | undefined): Good {
  const { target, translation } = input;
  const writer = translation.dialect.writer(headOf(input), target.json ?? {});
  const { parts } = source;
  let next: AnswerEvent | undefined = first;
  let ended = false;
  const read = async (): Promise<Uint8Array | undefined> => {
    if (ended) return undefined;
    try {
      next ??= await nextEvent(source);
    } catch (thrown) {
      parts.failure ??= thrown;
    }
    if (next) {
      const text = writer.event(next);
      next = undefined;
      return text === "" ? read() : utf8(text);
    }
    ended = true;
    if (parts.failure === undefined && parts.end && !wire.fault) return utf8(writer.end(parts.end));
    // The caller's dialect says that it broke off; its end is never written.
    wire.fault ??= new MoltError("PROVIDER_CUT", {
      message: `${target.upstream.label}'s answer was cut off before its end`,
      cause: parts.failure,
    });
    return utf8(writer.error(wire.fault.message));
  };
  const end = () => {
    source.reader.cancel().catch(() => {});
    wire.end();
  };
  return {
    ok: true,
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8" },
    source: { read, end, finished: end, fault: () => wire.fault },
    whole: null,
    held: [utf8(writer.start())],
    ended: false,
    usage: undefined,
    warnings: parts.warnings,
  };
}

async function whole(input: TranslatedTry, wire: Wire, source: Source, first: AnswerEvent | undefined): Promise<Good> {
  const events: AnswerEvent[] = [];
  for (let event = first; event; event = await nextEvent(source)) events.push(event);
  const { parts } = source;
  if (parts.failure !== undefined || !parts.end)
    throw (
      parts.failure ??
      new MoltError("PROVIDER_CUT", { message: `${input.target.upstream.label}'s answer was cut off before its end` })
    );
  wire.end();
  const end = () => {};
  return {
    ok: true,
    status: 200,
    headers: { "content-type": "application/json" },
    source: { read: async () => undefined, end, finished: end, fault: () => undefined },
    whole: utf8(JSON.stringify(input.translation.dialect.whole(headOf(input), events, parts.end))),
    held: [],
    ended: true,
    usage: parts.end.usage,
    warnings: parts.warnings,
  };
}

/** The exchange below an SDK. */
class Wire {
  bad: Bad | undefined;
  fault: MoltError | undefined;
  begun = false;
  private exchange: Exchange | undefined;
  private readonly input: TranslatedTry;
  private readonly controller = new AbortController();

  constructor(input: TranslatedTry) {
    this.input = input;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  readonly fetch: typeof fetch = async (address, init) => {
    const { target, timeouts, egress, deadlines, signal } = this.input;
    const headers = new Headers(init?.headers);
    headers.set("accept-encoding", "identity");
    const { gatewayHeaders } = target.upstream;
    if (gatewayHeaders && !this.input.key && !target.ownKey)
      for (const name of ["authorization", "x-api-key", "x-goog-api-key"]) headers.delete(name);
    for (const [name, value] of Object.entries(gatewayHeaders ?? {})) headers.set(name, value);
    const body = typeof init?.body === "string" ? utf8(init.body) : null;
    const upstream = { ...target.upstream, url: new URL(String(address)) };
    const method = init?.method ?? "POST";
    const exchange = new Exchange({ upstream, method, headers, body, timeouts, deadlines, signal });
    this.exchange = exchange;
    const response = await exchange.send(egress).catch((error: unknown) => this.fail(error));
    if (!response.ok) {
      this.bad = await refused(exchange, response, target);
      throw this.bad.error;
    }
    this.begun = true;
    const stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const chunk = await exchange.read(response);
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        } catch (error) {
          if (isMoltError(error)) this.fault ??= error;
          controller.error(error);
        }
      },
      cancel: () => exchange.end(),
    });
    return new Response(stream, { status: response.status, headers: response.headers });
  };

  end(): void {
    this.exchange?.end();
  }

  private fail(error: unknown): never {
    if (isMoltError(error)) this.fault ??= error;
    throw error;
  }
}

/** A provider's refusal in the words of the caller's dialect. */
function spoken({ said, error }: Bad, dialect: CallerDialect): Bad["said"] {
  if (!said) return null;
  const headers = { ...said.headers, "content-type": "application/json" };
  const body = dialect.errorBody(said.status, messageIn(new TextDecoder().decode(said.body)) ?? error.message);
  return { status: said.status, headers, body: utf8(JSON.stringify(body)) };
}

function messageIn(text: string): string | undefined {
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    const inner = (Array.isArray(json) ? json[0] : json) as Record<string, unknown>;
    const error = inner.error ?? inner;
    const message = typeof error === "string" ? error : (error as Record<string, unknown>).message;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

/** What an SDK threw: its complaint about the request, or about what the provider sent. */
function foreign({ upstream }: Target, thrown: unknown): MoltError {
  if (isMoltError(thrown)) return thrown;
  const name = thrown instanceof Error ? thrown.name : "";
  const inner = typeof thrown === "object" && thrown !== null ? (thrown as { message?: unknown }).message : thrown;
  const words = typeof inner === "string" ? inner.slice(0, 300) : "it sent an error";
  if (/^AI_(Unsupported|Invalid)/.test(name))
    return new MoltError("INVALID_REQUEST", { message: `${upstream.label} cannot take this request: ${words}` });
  return new MoltError("PROVIDER_BAD_RESPONSE", { message: `${upstream.label}: ${words}`, cause: thrown });
}
