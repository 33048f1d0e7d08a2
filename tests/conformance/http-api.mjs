/**
 * Real clients of OpenAI's API against our server: the `openai` package and the AI SDK's openai-compatible provider. Run by
 * `run.ts` as a process of its own, so that they are resolved from the folder where they were installed on demand.
 */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { API_URL: baseURL, API_TOKEN: apiKey, PROVIDER_URL: providerUrl, CLIENTS: folder } = process.env;
const resolve = createRequire(`${folder}/package.json`).resolve;
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { default: OpenAI } = await load("openai");
const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
const { generateText, streamText } = await load("ai");

const client = new OpenAI({ baseURL, apiKey });
const model = "moltworker";
const user = (content) => [{ role: "user", content }];
const moltworker = createOpenAICompatible({ name: "moltworker", baseURL, apiKey, includeUsage: true });
const sdk = moltworker.chatModel(model);

async function askedWith(text) {
  const { requests } = await (await fetch(`${providerUrl}/__fake/requests`)).json();
  return requests.filter((request) => request.lastUserText.includes(text));
}

async function collect(stream, pick) {
  const found = [];
  for await (const one of stream) found.push(...pick(one));
  return found;
}

const cases = {
  "openai: models.list and retrieve": async () => {
    const ids = (await client.models.list()).data.map((one) => one.id);
    assert.ok(ids.includes(model) && ids.includes("openai-compatible/fake-large"), ids.join(" "));
    assert.equal((await client.models.retrieve("openai-compatible/fake-large")).owned_by, "openai-compatible");
  },
  "openai: a completion": async () => {
    const answer = await client.chat.completions.create({ model, messages: user("[[say: hello]]") });
    assert.equal(answer.choices[0].message.content, "hello");
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.ok(answer.usage.total_tokens > 0);
    assert.match(answer._request_id, /^http_/);
  },
  "openai: a streamed completion with usage": async () => {
    const request = {
      model,
      messages: user("[[say: a b c d]] [[delay: 50]]"),
      stream: true,
      stream_options: { include_usage: true },
    };
    const chunks = await collect(await client.chat.completions.create(request), (chunk) => [chunk]);
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "a b c d");
    assert.ok(chunks.at(-1).usage.completion_tokens > 0);
  },
  "openai: the stream helper puts the whole together": async () => {
    const stream = client.chat.completions.stream({ model, messages: user("[[say: one two]] [[delay: 50]]") });
    const whole = await stream.finalChatCompletion();
    assert.equal(whole.choices[0].message.content, "one two");
  },
  "openai: a run with tools is text alone": async () => {
    const text = '[[say: Writing.]] [[tool: write {"path":"sdk.md","content":"x"}]] [[then]] [[say: Written.]]';
    const answer = await client.chat.completions.create({ model, messages: user(text) });
    assert.equal(answer.choices[0].message.content, "Writing.\n\nWritten.");
    assert.equal(answer.choices[0].message.tool_calls, undefined);
  },
  "openai: responses, read again, gone on from, deleted": async () => {
    const first = await client.responses.create({ model, input: "[[say: noted]] the word is kiwi-1" });
    assert.equal(first.output_text, "noted");
    assert.equal((await client.responses.retrieve(first.id)).output_text, "noted");
    const next = await client.responses.create({ model, input: "[[say: kiwi]] which?", previous_response_id: first.id });
    assert.equal(next.output_text, "kiwi");
    await client.responses.delete(first.id);
    await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
  },
  "openai: streamed responses": async () => {
    const stream = client.responses.stream({ model, input: "[[say: x y z]] [[delay: 50]]" });
    const types = await collect(stream, (event) => [event.type]);
    assert.equal(types.at(0), "response.created");
    assert.equal(types.at(-1), "response.completed");
    assert.equal((await stream.finalResponse()).output_text, "x y z");
  },
  "openai: a background response, cancelled": async () => {
    const made = await client.responses.create({ model, input: "[[say: never]] [[wait: 20000]]", background: true });
    assert.ok(["queued", "in_progress"].includes(made.status));
    assert.equal((await client.responses.cancel(made.id)).status, "cancelled");
  },
  "openai: its own error classes, with our cure in the message": async () => {
    const stranger = new OpenAI({ baseURL, apiKey: "wrong" });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
    await assert.rejects(client.chat.completions.create({ model: "no/such", messages: user("x") }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, "MODEL_UNKNOWN");
      return /GET \/v1\/models/.test(error.message);
    });
    const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
    await assert.rejects(client.chat.completions.create({ model, messages: user("x"), tools }), OpenAI.BadRequestError);
  },
  "openai: a failed run is not made again by the client": async () => {
    await assert.rejects(client.chat.completions.create({ model, messages: user("[[fault: quota]] fail-sdk") }));
    assert.equal((await askedWith("fail-sdk")).length, 1);
  },
  "openai: the same Idempotency-Key, the same answer": async () => {
    const ask = () =>
      client.chat.completions.create({ model, messages: user("only once-sdk") }, { headers: { "Idempotency-Key": "sdk-1" } });
    const [first, second] = [await ask(), await ask()];
    assert.deepEqual(first.choices, second.choices);
    assert.equal(first.id, second.id);
    assert.equal((await askedWith("once-sdk")).length, 1);
  },
  "openai: aborting a stream stops the run": async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: user(`[[say: ${"word ".repeat(100)}]] [[delay: 100]] abort-sdk`),
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    stream.controller.abort();
    for (let tries = 0; (await askedWith("abort-sdk"))[0]?.state !== "closed"; tries += 1) {
      assert.ok(tries < 50, "the provider was still being read 5 s later");
      await new Promise((done) => setTimeout(done, 100));
    }
  },
  "ai sdk: generateText": async () => {
    const { text, finishReason, usage } = await generateText({ model: sdk, prompt: "[[say: generated]]" });
    assert.deepEqual([text, finishReason], ["generated", "stop"]);
    assert.ok(usage.totalTokens > 0);
  },
  "ai sdk: streamText with a system message and history": async () => {
    const messages = [...user("I am Ada"), { role: "assistant", content: "Hello Ada" }, ...user("[[say: e f g]] [[delay: 50]]")];
    const result = streamText({ model: sdk, instructions: "Be brief.", messages });
    assert.equal((await collect(result.textStream, (part) => [part])).join(""), "e f g");
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).outputTokens > 0);
  },
  "ai sdk: a picture": async () => {
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const content = [
      { type: "text", text: "[[say: a pixel]]" },
      { type: "file", data: Buffer.from(pixel, "base64"), mediaType: "image/png" },
    ];
    assert.equal((await generateText({ model: sdk, messages: user(content) })).text, "a pixel");
  },
  "ai sdk: a refusal is its own error with our words": async () => {
    await assert.rejects(
      generateText({ model: moltworker.chatModel("no/such"), prompt: "x", maxRetries: 0 }),
      (error) => error.statusCode === 404 && /there is no model/.test(error.message),
    );
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  const began = Date.now();
  const complaint = await run().then(
    () => undefined,
    (error) => String(error?.stack ?? error),
  );
  if (complaint !== undefined) failed += 1;
  console.log(`${complaint === undefined ? "ok  " : "FAIL"}  ${name.padEnd(60)} ${((Date.now() - began) / 1_000).toFixed(1)} s`);
  if (complaint !== undefined) console.log(complaint.replace(/^/gm, "      "));
}
console.log(`clients of the HTTP API: ${Object.keys(cases).length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
