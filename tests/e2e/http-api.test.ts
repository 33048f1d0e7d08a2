/** The OpenAI-compatible API from outside: the built server, raw HTTP, and what the fake provider was asked. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiWorld, type Failure, failure, readSse, say, startApiWorld, textIn } from "../support/http-api.ts";

let world: ApiWorld;
beforeAll(async () => {
  world = await startApiWorld();
}, 60_000);
afterAll(() => world?.dispose());

const ask: ApiWorld["ask"] = (...given) => world.ask(...given);
const chat: ApiWorld["chat"] = (...given) => world.chat(...given);
const read: ApiWorld["read"] = (...given) => world.read(...given);
const requestWith: ApiWorld["requestWith"] = (text) => world.requestWith(text);

const tokenWith = async (scopes: ("operator.read" | "operator.write")[]): Promise<string> =>
  (await world.owner.request("auth.tokens.create", { label: scopes.join(" "), scopes })).token;

describe("chat completions", () => {
  it("answers whole, in OpenAI's shape", async () => {
    const body = await chat(say("[[say: hello there]]"));
    expect(body).toMatchObject({
      object: "chat.completion",
      model: "moltworker",
      choices: [{ index: 0, message: { role: "assistant", content: "hello there" }, finish_reason: "stop" }],
    });
    expect(body.id).toMatch(/^chatcmpl-http_/);
    expect(body.usage.prompt_tokens).toBeGreaterThan(0);
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens);
  });

  it("streams chunks, a finish reason, usage when asked for, and [DONE]", async () => {
    const answer = await ask(
      "chat/completions",
      say("[[say: one two three four five]] [[delay: 60]]", { stream: true, stream_options: { include_usage: true } }),
    );
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const events = await readSse(answer);
    expect(events.at(-1)?.data).toBe("[DONE]");
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.data));
    expect(chunks.every((chunk) => chunk.object === "chat.completion.chunk" && chunk.id === chunks[0].id)).toBe(true);
    expect(chunks[0].choices[0].delta).toMatchObject({ role: "assistant", content: "" });
    expect(textIn(events)).toBe("one two three four five");
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.content).length).toBeGreaterThan(1);
    expect(chunks.at(-2).choices[0].finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
  });

  it("keeps the tools of the run to itself: one text over two steps, streamed and whole alike", async () => {
    const text = '[[say: Looking.]] [[tool: write {"path":"api-note.md","content":"kept"}]] [[then]] [[say: Done.]]';
    const whole = await chat(say(text));
    expect(whole.choices[0]?.message).toEqual({ role: "assistant", content: "Looking.\n\nDone.", refusal: null });
    expect(whole.choices[0]?.finish_reason).toBe("stop");
    const events = await readSse(await ask("chat/completions", say(`${text} again`, { stream: true })));
    expect(textIn(events)).toBe("Looking.\n\nDone.");
    expect(events.some((event) => event.data.includes("tool_calls"))).toBe(false);
  });

  it("sends the history of a stateless request on, and keeps it out of people's list", async () => {
    await chat({
      model: "openclaw/main",
      messages: [
        { role: "system", content: "Speak like a pirate-4711." },
        { role: "user", content: "my name is Ada-4711" },
        { role: "assistant", content: "Ahoy Ada-4711" },
        { role: "user", content: "[[say: Ada]] who am I?" },
      ],
    });
    const [request] = requestWith("Ada-4711");
    const sent = JSON.stringify(request?.body);
    expect(sent).toContain("Speak like a pirate-4711.");
    expect(sent).toContain("Ahoy Ada-4711");
    const { sessions } = await world.owner.request("sessions.list", {});
    expect(sessions.filter((session) => session.key.includes(":once:"))).toEqual([]);
  });

  it("remembers by `user`, and takes only what is new from a client that repeats the history", async () => {
    await chat(say("[[say: noted-815]] remember the word plum-815", { user: "ada" }));
    await chat({
      model: "moltworker",
      user: "ada",
      messages: [
        { role: "user", content: "remember the word plum-815" },
        { role: "assistant", content: "noted-815" },
        { role: "user", content: "[[say: plum]] which word-815?" },
      ],
    });
    const last = requestWith("which word-815?").at(-1);
    expect(JSON.stringify(last?.body).match(/remember the word plum-815/g)).toHaveLength(1);
    await chat(say("[[say: no]] and which word-816?", { user: "bob" }));
    expect(JSON.stringify(requestWith("which word-816?").at(-1)?.body)).not.toContain("plum-815");
  });

  it("takes pictures and files", async () => {
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const content = [
      { type: "text", text: "[[say: a picture]] what is this-31?" },
      { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } },
      { type: "file", file: { filename: "list.txt", file_data: `data:text/plain;base64,${btoa("milk and honey-31")}` } },
    ];
    await chat(say(content, { model: "anthropic/claude-sonnet-5" }));
    const sent = JSON.stringify(requestWith("what is this-31?")[0]?.body);
    expect(sent).toContain(pixel);
    expect(sent).toContain("milk and honey-31");
    await chat(say(content, { model: "openai-compatible/fake-small" }));
    expect(JSON.stringify(requestWith("what is this-31?")[1]?.body)).toContain("this model cannot see pictures");
  });

  it("uses the model that is named, for this run alone", async () => {
    await chat(say("[[say: small]] which model-77?", { model: "openai-compatible/fake-small" }));
    expect(requestWith("which model-77?")[0]?.model).toBe("fake-small");
    // An id that two providers have names neither.
    expect(await failure(await ask("chat/completions", say("x"), { "x-openclaw-model": "fake-small" }))).toMatchObject({
      status: 404,
      code: "MODEL_UNKNOWN",
    });
    await chat(say("[[say: small]] which model-78?"), { "x-openclaw-model": "openai-compatible/fake-small" });
    expect(requestWith("which model-78?")[0]?.model).toBe("fake-small");
  });
});

describe("what goes wrong is said in OpenAI's shape, with our code and cure", () => {
  it.each([
    ["no model", { messages: [{ role: "user", content: "x" }] }, 400, "INVALID_REQUEST", "model"],
    ["no messages", { model: "moltworker", messages: [] }, 400, "INVALID_REQUEST", "messages"],
    ["an unknown model", say("x", { model: "nobody/nothing" }), 404, "MODEL_UNKNOWN", "model"],
    ["an unknown agent", say("x", { model: "openclaw/other" }), 404, "NOT_FOUND", "model"],
    ["the client's tools", say("x", { tools: [{ type: "function", function: { name: "f" } }] }), 400, "INVALID_REQUEST", "tools"],
    ["several answers", say("x", { n: 2 }), 400, "INVALID_REQUEST", "n"],
    ["a promised form", say("x", { response_format: { type: "json_object" } }), 400, "INVALID_REQUEST", "response_format"],
    [
      "an answer last",
      { model: "moltworker", messages: [{ role: "assistant", content: "x" }] },
      400,
      "INVALID_REQUEST",
      "messages",
    ],
    ["a part of an unknown kind", say([{ type: "hologram" }]), 400, "INVALID_REQUEST", "messages.0.content"],
  ])("%s", async (_what, body, status, code, param) => {
    const said = await failure(await ask("chat/completions", body));
    expect(said).toMatchObject({ status, code });
    expect(said.param).toContain(param);
    expect(said.message).toContain(said.hint);
  });

  it("a provider's failure has the provider's code, and is not repeated by the client", async () => {
    const answer = await ask("chat/completions", say("[[fault: quota]] broke"));
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(await failure(answer)).toMatchObject({ status: 402, code: "PROVIDER_QUOTA" });
    const events = await readSse(await ask("chat/completions", say("[[fault: quota]] broke again", { stream: true })));
    const last = JSON.parse(events.at(-2)?.data ?? "{}") as Failure;
    expect(last.error).toMatchObject({ code: "PROVIDER_QUOTA", type: "invalid_request_error" });
  });

  it("no token, a wrong token, a token without the scope", async () => {
    const bare = await fetch(`${world.server.url}v1/models`);
    expect(await failure(bare)).toMatchObject({ status: 401, code: "AUTH_TOKEN_MISSING", type: "authentication_error" });
    expect(await failure(await read("models", "sk-wrong"))).toMatchObject({ status: 401, code: "AUTH_TOKEN_MISMATCH" });
    const reader = await tokenWith(["operator.read"]);
    expect((await read("models", reader)).status).toBe(200);
    expect(await failure(await ask("chat/completions", say("x"), {}, reader))).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  it("paths that are not offered", async () => {
    expect(await failure(await ask("embeddings", {}))).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await failure(await read("models/nobody/nothing"))).toMatchObject({ status: 404, code: "MODEL_UNKNOWN" });
    const model = (await (await read("models/openai-compatible/fake-large")).json()) as { id: string };
    expect(model.id).toBe("openai-compatible/fake-large");
  });

  it("a body that is too large is refused while it streams", async () => {
    const chunk = new Uint8Array(1_000_000).fill(120);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 200) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const answer = await fetch(`${world.server.url}v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.token}`, "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit).catch((error: unknown) => error as Error);
    // The connection may be closed before the answer is read: either way nothing like 200 MB went in.
    if (answer instanceof Response) expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(120);
  });

  it("one that says so beforehand is refused in words, while its sender still writes", async () => {
    const body = JSON.stringify({ ...say("too much"), pad: "x".repeat(17_000_000) });
    for (let round = 0; round < 3; round += 1) {
      const answer = await fetch(`${world.server.url}v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${world.token}`, "content-type": "application/json" },
        body,
      });
      expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining("16000000 bytes")]);
    }
  });
});

describe("authority", () => {
  it("scopes in a header can only take away", async () => {
    const writer = await tokenWith(["operator.write"]);
    const more = await ask("chat/completions", say("x"), { "x-openclaw-scopes": "operator.admin" }, writer);
    expect(await failure(more)).toMatchObject({ status: 403, code: "FORBIDDEN" });
    const less = await ask("chat/completions", say("x"), { "x-openclaw-scopes": "operator.read" });
    expect(await failure(less)).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(await failure(await ask("chat/completions", say("x"), { "x-openclaw-scopes": "root" }))).toMatchObject({
      status: 400,
    });
  });

  it("a token enters neither the owner's conversations nor another token's", async () => {
    const [one, two] = [await tokenWith(["operator.write"]), await tokenWith(["operator.write"])];
    for (const key of ["agent:main:main", "main", "agent:main:openai:owner:user:ada"]) {
      const refused = await ask("chat/completions", say("steal"), { "x-openclaw-session-key": key }, one);
      expect(await failure(refused)).toMatchObject({ status: 403, code: "FORBIDDEN" });
    }
    await chat(say("[[say: ok]] secret-of-one-99", { user: "same" }), {}, one);
    await chat(say("[[say: ok]] what do you know-99?", { user: "same" }), {}, two);
    expect(JSON.stringify(requestWith("what do you know-99?")[0]?.body)).not.toContain("secret-of-one-99");
    const made = await ask("responses", { model: "moltworker", input: "[[say: mine]]" }, {}, one);
    const { id } = (await made.json()) as { id: string };
    expect((await read(`responses/${id}`, one)).status).toBe(200);
    expect((await read(`responses/${id}`, two)).status).toBe(404);
    expect((await read(`responses/${id}`)).status).toBe(404);
    const onward = await ask("responses", { model: "moltworker", input: "go on", previous_response_id: id }, {}, two);
    expect(await failure(onward)).toMatchObject({ status: 404, code: "NOT_FOUND", param: "previous_response_id" });
  });

  it("the owner's token may name any conversation", async () => {
    await chat(say("[[say: in main]] hello main-55"), { "x-openclaw-session-key": "main" });
    const { messages } = await world.owner.request("chat.history", { sessionKey: "agent:main:main" });
    expect(JSON.stringify(messages)).toContain("hello main-55");
  });

  it("pages of other origins are refused, those that the owner named need a token of their own", async () => {
    const evil = { origin: "https://evil.example" };
    expect(await failure(await ask("chat/completions", say("x"), evil))).toMatchObject({
      status: 403,
      code: "ORIGIN_NOT_ALLOWED",
    });
    const preflight = { method: "OPTIONS", headers: { ...evil, "access-control-request-method": "POST" } };
    const refused = await fetch(`${world.server.url}v1/chat/completions`, preflight);
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    const { hash } = await world.owner.request("config.get", {});
    const patch = { httpApi: { allowedOrigins: ["https://chat.example"] } };
    await world.owner.request("config.patch", { raw: JSON.stringify(patch), baseHash: hash });
    const friend = { origin: "https://chat.example" };
    const allowed = await ask("chat/completions", say("[[say: welcome]]"), friend);
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([200, "https://chat.example"]);
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
    const tokenless = await fetch(`${world.server.url}v1/models`, { headers: friend });
    expect(await failure(tokenless)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
  });
});
