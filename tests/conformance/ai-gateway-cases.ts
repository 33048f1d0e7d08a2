/** What each client does, and what its user would see. */

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { FakeProvider } from "../fakes/provider.ts";

export interface ClientCase {
  name: string;
  run(): Promise<void>;
}

export interface ClientWorld {
  base: string;
  token: string;
  provider: FakeProvider;
}

type Load = (name: string) => Promise<Record<string, unknown>>;
type Json = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: the clients are installed on demand, so their types are not there when this is checked
type Foreign = any;

const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const said = "[[say: hello from afar]]";
const calls = '[[tool: weather {"city":"Oslo"}]] [[tool: weather {"city":"Rome"}]]';
const slow = "[[tokens: 400]] [[delay: 20]]";

export async function clientCases(load: Load, world: ClientWorld): Promise<ClientCase[]> {
  return [
    ...openaiCases(((await load("openai")) as Foreign).OpenAI, world),
    ...anthropicCases(((await load("@anthropic-ai/sdk")) as Foreign).Anthropic, world),
    ...googleCases(((await load("@google/genai")) as Foreign).GoogleGenAI, world),
    ...(await aiSdkCases(load, world)),
    ...(await gatewayProviderCases(load, world)),
  ];
}

const user = (content: unknown) => [{ role: "user", content }];

/** The provider's stream of the newest request ends although it had much to say. */
async function endsEarly({ provider }: ClientWorld): Promise<void> {
  const request = provider.requests.at(-1);
  ok(request);
  equal(await provider.waitForEnd(request), "closed");
}

function openaiCases(OpenAI: Foreign, world: ClientWorld): ClientCase[] {
  const bases: [string, string][] = [
    ["/openai", "gpt-test"],
    ["/openai/v1", "gpt-test"],
    ["/v1/acc/default/openai", "gpt-test"],
    ["/compat", "anthropic/claude-test"],
    ["/ai/v1", "google/gemini-test"],
  ];
  return bases.flatMap(([path, model]) => {
    const client = new OpenAI({ apiKey: world.token, baseURL: `${world.base}${path}`, maxRetries: 0 });
    const create = (body: Json, options: Json = {}) => client.chat.completions.create({ model, ...body }, options);
    const name = (what: string) => `openai, ${path}: ${what}`;
    const tools = [{ type: "function", function: { name: "weather", parameters: schema } }];
    const common: ClientCase[] = [
      {
        name: name("an answer and its usage"),
        run: async () => {
          const answer = await create({ messages: user(said) });
          equal(answer.choices[0].message.content, "hello from afar");
          ok(answer.usage.prompt_tokens > 0);
        },
      },
      {
        name: name("a stream"),
        run: async () => {
          let text = "";
          for await (const chunk of await create({ messages: user(said), stream: true }))
            text += chunk.choices[0]?.delta?.content ?? "";
          equal(text, "hello from afar");
        },
      },
      {
        name: name("parallel tools, streamed through the SDK's own collector"),
        run: async () => {
          const stream = client.chat.completions.stream({ model, messages: user(calls), tools });
          const { choices } = await stream.finalChatCompletion();
          deepEqual(
            choices[0].message.tool_calls.map((call: Foreign) => JSON.parse(call.function.arguments)),
            [{ city: "Oslo" }, { city: "Rome" }],
          );
        },
      },
      {
        name: name("a picture"),
        run: async () => {
          const url = `data:image/png;base64,${picture}`;
          await create({
            messages: user([
              { type: "text", text: said },
              { type: "image_url", image_url: { url } },
            ]),
          });
          match(JSON.stringify(world.provider.requests.at(-1)?.body), new RegExp(picture.slice(0, 40)));
        },
      },
      {
        name: name("structured output"),
        run: async () => {
          const answer = await create({
            messages: user('[[say: {"city":"Oslo"}]]'),
            response_format: { type: "json_schema", json_schema: { name: "place", schema } },
          }).catch((error: Foreign) => error);
          // A fake provider answers in words where Anthropic would fill a tool; that the schema arrived is what is shown there.
          match(JSON.stringify(world.provider.requests.at(-1)?.body), /"city"/);
          if (!path.startsWith("/compat")) equal(JSON.parse(answer.choices[0].message.content).city, "Oslo");
        },
      },
      {
        name: name("a limit is a RateLimitError"),
        run: () =>
          rejects(
            create({ messages: user("[[fault: 429]]") }),
            (error: Foreign) => error instanceof OpenAI.RateLimitError && error.status === 429,
          ),
      },
      {
        name: name("an abort reaches the provider"),
        run: async () => {
          const controller = new AbortController();
          const stream = await create({ messages: user(slow), stream: true }, { signal: controller.signal });
          for await (const _ of stream) break;
          controller.abort();
          await endsEarly(world);
        },
      },
    ];
    // Wrong tokens in quick succession are paused first: the client waits as it is told and asks again. A 401 it never repeats.
    const wrong = new OpenAI({ apiKey: "molt_wrong", baseURL: `${world.base}${path}`, maxRetries: 2 });
    const refused = {
      name: name("a wrong token is an AuthenticationError"),
      run: () =>
        rejects(
          wrong.chat.completions.create({ model, messages: user("x") }),
          (error: Foreign) => error instanceof OpenAI.AuthenticationError,
        ),
    };
    if (path === "/compat") return [...common, refused];
    return [
      ...common,
      refused,
      {
        name: name("Responses, whole and streamed"),
        run: async () => {
          const answer = await client.responses.create({ model, input: said, store: false });
          equal(answer.output_text, "hello from afar");
          let text = "";
          for await (const event of await client.responses.create({ model, input: said, stream: true, store: false }))
            if (event.type === "response.output_text.delta") text += event.delta;
          equal(text, "hello from afar");
        },
      },
    ];
  });
}

function anthropicCases(Anthropic: Foreign, world: ClientWorld): ClientCase[] {
  const bases: [string, string, Json][] = [
    ["/anthropic", "claude-test", { apiKey: world.token }],
    [
      "/v1/acc/default/anthropic",
      "claude-test",
      { apiKey: "sk-own", defaultHeaders: { "cf-aig-authorization": `Bearer ${world.token}` } },
    ],
    ["/ai", "openai/gpt-test", { apiKey: world.token }],
  ];
  return bases.flatMap(([path, model, options]) => {
    const client = new Anthropic({ baseURL: `${world.base}${path}`, maxRetries: 0, ...options });
    const name = (what: string) => `@anthropic-ai/sdk, ${path}: ${what}`;
    const ask = (content: unknown, more: Json = {}) => ({ model, max_tokens: 500, messages: user(content), ...more });
    const tools = [{ name: "weather", input_schema: schema }];
    return [
      {
        name: name("an answer and its usage"),
        run: async () => {
          const answer = await client.messages.create(ask(said));
          equal(answer.content[0].text, "hello from afar");
          ok(answer.usage.input_tokens > 0);
        },
      },
      {
        name: name("a stream with parallel tools, through the SDK's own collector"),
        run: async () => {
          const { content } = await client.messages.stream(ask(calls, { tools })).finalMessage();
          deepEqual(
            content.filter((block: Foreign) => block.type === "tool_use").map((block: Foreign) => block.input),
            [{ city: "Oslo" }, { city: "Rome" }],
          );
        },
      },
      {
        name: name("a picture"),
        run: async () => {
          await client.messages.create(
            ask([
              { type: "image", source: { type: "base64", media_type: "image/png", data: picture } },
              { type: "text", text: said },
            ]),
          );
          match(JSON.stringify(world.provider.requests.at(-1)?.body), new RegExp(picture.slice(0, 40)));
        },
      },
      {
        name: name("an error keeps its class"),
        run: () =>
          rejects(client.messages.create(ask("[[fault: 429]]")), (error: Foreign) => error instanceof Anthropic.RateLimitError),
      },
      {
        name: name("an abort reaches the provider"),
        run: async () => {
          const stream = client.messages.stream(ask(slow));
          stream.done().catch(() => {});
          await new Promise<void>((begun) => stream.once("text", () => begun()));
          stream.abort();
          await endsEarly(world);
        },
      },
    ];
  });
}

function googleCases(GoogleGenAI: Foreign, world: ClientWorld): ClientCase[] {
  const client = new GoogleGenAI({ apiKey: world.token, httpOptions: { baseUrl: `${world.base}/google-ai-studio` } });
  const model = "gemini-test";
  const name = (what: string) => `@google/genai: ${what}`;
  return [
    {
      name: name("an answer"),
      run: async () => equal((await client.models.generateContent({ model, contents: said })).text, "hello from afar"),
    },
    {
      name: name("a stream"),
      run: async () => {
        let text = "";
        for await (const chunk of await client.models.generateContentStream({ model, contents: said })) text += chunk.text ?? "";
        equal(text, "hello from afar");
      },
    },
    {
      name: name("tools"),
      run: async () => {
        const tools = [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: schema }] }];
        const answer = await client.models.generateContent({ model, contents: calls, config: { tools } });
        deepEqual(
          answer.functionCalls.map((call: Foreign) => call.args),
          [{ city: "Oslo" }, { city: "Rome" }],
        );
      },
    },
    {
      name: name("an error keeps its status"),
      run: () =>
        rejects(client.models.generateContent({ model, contents: "[[fault: 400]]" }), (error: Foreign) => error.status === 400),
    },
  ];
}

async function aiSdkCases(load: Load, { base, token }: ClientWorld): Promise<ClientCase[]> {
  const ai = (await load("ai")) as Foreign;
  const { createOpenAI } = (await load("@ai-sdk/openai")) as Foreign;
  const { createAnthropic } = (await load("@ai-sdk/anthropic")) as Foreign;
  const { createGoogleGenerativeAI } = (await load("@ai-sdk/google")) as Foreign;
  const models: [string, Foreign][] = [
    ["@ai-sdk/openai", createOpenAI({ apiKey: token, baseURL: `${base}/openai` })("gpt-test")],
    ["@ai-sdk/openai, chat", createOpenAI({ apiKey: token, baseURL: `${base}/compat` }).chat("google-ai-studio/gemini-test")],
    ["@ai-sdk/anthropic", createAnthropic({ apiKey: token, baseURL: `${base}/anthropic/v1` })("claude-test")],
    ["@ai-sdk/google", createGoogleGenerativeAI({ apiKey: token, baseURL: `${base}/google-ai-studio/v1beta` })("gemini-test")],
  ];
  const weather = ai.tool({
    inputSchema: ai.jsonSchema(schema),
    execute: async ({ city }: { city: string }) => `sun in ${city}`,
  });
  return models.flatMap(([name, model]) => [
    {
      name: `${name}: generateText`,
      run: async () => equal((await ai.generateText({ model, prompt: said, maxRetries: 0 })).text, "hello from afar"),
    },
    {
      name: `${name}: streamText`,
      run: async () => {
        let text = "";
        for await (const delta of ai.streamText({ model, prompt: said, maxRetries: 0 }).textStream) text += delta;
        equal(text, "hello from afar");
      },
    },
    {
      name: `${name}: a loop of tools`,
      run: async () => {
        const prompt = `${calls} [[then]] [[say: both done]]`;
        const { text, steps } = await ai.generateText({
          model,
          prompt,
          tools: { weather },
          stopWhen: ai.isStepCount ? ai.isStepCount(3) : ai.stepCountIs(3),
          maxRetries: 0,
        });
        equal(text, "both done");
        equal(steps[0].toolResults.length, 2);
      },
    },
    {
      name: `${name}: an error keeps its status`,
      run: () =>
        rejects(
          ai.generateText({ model, prompt: "[[fault: 429]]", maxRetries: 0 }),
          (error: Foreign) => error.statusCode === 429,
        ),
    },
  ]);
}

/** Its address is fixed in its source, so the name is resolved to ours, as a custom domain would. */
async function gatewayProviderCases(load: Load, { base, token, provider }: ClientWorld): Promise<ClientCase[]> {
  const { createAiGateway, AiGatewayUnauthorizedError, AiGatewayDoesNotExist } = (await load("ai-gateway-provider")) as Foreign;
  const { createOpenAI } = (await load("@ai-sdk/openai")) as Foreign;
  const { createAnthropic } = (await load("@ai-sdk/anthropic")) as Foreign;
  const ai = (await load("ai")) as Foreign;
  const own = globalThis.fetch;
  globalThis.fetch = (input, init) =>
    own(typeof input === "string" ? input.replace("https://gateway.ai.cloudflare.com", base) : input, init);
  const through = (options: Json = {}) => createAiGateway({ accountId: "acc", gateway: "default", apiKey: token, ...options });
  const openai = createOpenAI({ apiKey: "sk-own" }).chat("gpt-test");
  const anthropic = createAnthropic({ apiKey: "sk-ant-own" })("claude-test");
  const name = (what: string) => `ai-gateway-provider: ${what}`;
  return [
    {
      name: name("an answer through the universal endpoint"),
      run: async () =>
        equal((await ai.generateText({ model: through()(openai), prompt: said, maxRetries: 0 })).text, "hello from afar"),
    },
    {
      name: name("the second model answers, and its parser is chosen by cf-aig-step"),
      run: async () => {
        provider.script((request) => (request.dialect === "chat" ? { fault: "503" } : undefined));
        try {
          equal(
            (await ai.generateText({ model: through()([openai, anthropic]), prompt: said, maxRetries: 0 })).text,
            "hello from afar",
          );
        } finally {
          provider.script(undefined);
        }
      },
    },
    {
      name: name("a stream"),
      run: async () => {
        let text = "";
        for await (const delta of ai.streamText({ model: through()(anthropic), prompt: said, maxRetries: 0 }).textStream)
          text += delta;
        equal(text, "hello from afar");
      },
    },
    {
      name: name("no such gateway is AiGatewayDoesNotExist"),
      run: () =>
        rejects(
          ai.generateText({ model: through({ gateway: "nobody" })(openai), prompt: said, maxRetries: 0 }),
          (error: Foreign) => error instanceof AiGatewayDoesNotExist || error.cause instanceof AiGatewayDoesNotExist,
        ),
    },
    {
      name: name("a wrong token is AiGatewayUnauthorizedError"),
      run: () =>
        rejects(
          ai.generateText({ model: through({ apiKey: "molt_wrong" })(openai), prompt: said, maxRetries: 0 }),
          (error: Foreign) => error instanceof AiGatewayUnauthorizedError || error.cause instanceof AiGatewayUnauthorizedError,
        ),
    },
  ];
}
