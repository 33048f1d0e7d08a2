/** The gateway inside real workerd, whose streams and signals have habits of their own. The network is a stand-in. */

import { describe, expect, test } from "vitest";
import { callFor, collect, createHarness } from "../../../../tests/fakes/gateway-harness.ts";

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: "c", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const anthropic = (events: { type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

interface Upstream {
  fetch: typeof fetch;
  closed: Promise<unknown>;
}

/** Answers with these pieces, then ends, breaks, or stays silent. */
function upstream(pieces: string[], end: "end" | "break" | "silence"): Upstream {
  let close: (reason: unknown) => void = () => {};
  const closed = new Promise<unknown>((resolve) => {
    close = resolve;
  });
  const send: typeof fetch = async (_url, init) => {
    init?.signal?.addEventListener("abort", () => close("aborted"));
    const encoder = new TextEncoder();
    let index = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces[index];
        index += 1;
        if (piece !== undefined) return controller.enqueue(encoder.encode(piece));
        if (end === "end") controller.close();
        else if (end === "break") controller.error(new Error("Network connection lost."));
        return end === "silence" ? new Promise(() => {}) : undefined;
      },
      cancel: close,
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  return { fetch: send, closed };
}

const keys = { groq: "k".repeat(12), anthropic: "k".repeat(12) };

// Loading the SDKs for the first time takes seconds under the test bundler.
describe("in workerd", { timeout: 60_000 }, () => {
  test("Chat Completions and Anthropic stream through their SDKs", async () => {
    const chat = upstream(
      [chunk({ role: "assistant", content: "Hel" }), chunk({ content: "lo" }), chunk({}, "stop"), "data: [DONE]\n\n"],
      "end",
    );
    const first = await collect(createHarness({ keys, fetch: chat.fetch }).gateway.stream(callFor("groq/m", "hi")));
    expect(first.events.map((event) => event.type)).toEqual(["text", "text", "finish"]);
    const messages = upstream(
      anthropic([
        {
          type: "message_start",
          message: {
            id: "m",
            type: "message",
            role: "assistant",
            model: "c",
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 5, output_tokens: 1 },
          },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 2 } },
        { type: "message_stop" },
      ] as { type: string }[]),
      "end",
    );
    const second = await collect(
      createHarness({ keys, fetch: messages.fetch }).gateway.stream(callFor("anthropic/claude-haiku-4-5", "hi")),
    );
    expect(second.events.at(-1)).toMatchObject({
      type: "finish",
      usage: { input: 5, output: 2, estimated: false },
      content: [{ type: "text", text: "Hi" }],
    });
  });

  test("a broken connection after the first word is named", async () => {
    const { fetch } = upstream([chunk({ role: "assistant", content: "Hel" })], "break");
    const { events, error } = await collect(createHarness({ keys, fetch }).gateway.stream(callFor("groq/m", "hi")));
    expect(events.map((event) => event.type)).toEqual(["text"]);
    expect(error).toMatchObject({ code: "PROVIDER_CUT", retryable: true });
  });

  test("silence in the middle ends in time, and the upstream is closed", async () => {
    const { fetch, closed } = upstream([chunk({ role: "assistant", content: "Hel" })], "silence");
    const { error } = await collect(
      createHarness({ keys, fetch, limits: { idleTimeoutMs: 50 } }).gateway.stream(callFor("groq/m", "hi")),
    );
    expect(error).toMatchObject({ code: "PROVIDER_TIMEOUT" });
    await closed;
  });

  test("abort ends the stream and closes the upstream", async () => {
    const { fetch, closed } = upstream([chunk({ role: "assistant", content: "Hel" })], "silence");
    const controller = new AbortController();
    const { error } = await collect(
      createHarness({ keys, fetch }).gateway.stream(callFor("groq/m", "hi", { signal: controller.signal })),
      () => controller.abort(new Error("stop")),
    );
    expect(error).toMatchObject({ code: "ABORTED" });
    await closed;
  });

  test("the demo speaks", async () => {
    const { events } = await collect(createHarness().gateway.stream(callFor("demo/scripted", "add a real key")));
    expect(events.at(-1)).toMatchObject({ type: "finish", provider: "demo", usage: { cost: { total: 0 } } });
  });
});
