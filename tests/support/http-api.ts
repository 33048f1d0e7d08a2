/** The OpenAI-compatible API as a client sees it: a built server over a fake provider, and raw HTTP. */

import { expect } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import type { FakeRequest } from "../fakes/request.ts";
import { connectClient, gatewayTokenOf, type RecordingClient } from "./client.ts";
import { type Server, startServer } from "./server.ts";

type Headers = Record<string, string>;

export interface Chat {
  id: string;
  object: string;
  model: string;
  choices: { message: { role: string; content: string; tool_calls?: unknown }; finish_reason: string }[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

export interface Failure {
  error: { message: string; type: string; param: string | null; code: string; hint: string };
}

export interface ApiWorld {
  provider: FakeProvider;
  server: Server;
  owner: RecordingClient;
  /** The gateway token. */
  token: string;
  ask(path: string, body: unknown, headers?: Headers, token?: string, signal?: AbortSignal): Promise<Response>;
  read(path: string, token?: string, headers?: Headers): Promise<Response>;
  /** A whole chat completion. */
  chat(body: unknown, headers?: Headers, token?: string): Promise<Chat>;
  /** What the provider was asked with this text in it. */
  requestWith(text: string): FakeRequest[];
  dispose(): Promise<void>;
}

export async function startApiWorld(): Promise<ApiWorld> {
  const provider = await startFakeProvider({ models: [{ id: "fake-large" }, { id: "fake-small" }] });
  const server = await startServer({
    env: {
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: "test-key",
      OPENAI_BASE_URL: `${provider.url}/v1`,
      OPENAI_API_KEY: "test-key",
      ANTHROPIC_BASE_URL: `${provider.url}/v1`,
      ANTHROPIC_API_KEY: "test-key",
      MOLTWORKER_MODEL: "openai-compatible/fake-large",
    },
  });
  const token = gatewayTokenOf(server.dataDir);
  const owner = await connectClient(server.url, { token, caps: ["resume"] });
  const ask: ApiWorld["ask"] = (path, body, headers = {}, bearer = token, signal) =>
    fetch(`${server.url}v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${bearer}`, ...headers },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  return {
    provider,
    server,
    owner,
    token,
    ask,
    read: (path, bearer = token, headers = {}) =>
      fetch(`${server.url}v1/${path}`, { headers: { authorization: `Bearer ${bearer}`, ...headers } }),
    chat: async (body, headers, bearer) => {
      const answer = await ask("chat/completions", body, headers, bearer);
      expect(answer.status, await answer.clone().text()).toBe(200);
      return (await answer.json()) as Chat;
    },
    requestWith: (text) => provider.requests.filter((request) => JSON.stringify(request.body).includes(text)),
    async dispose() {
      owner.close();
      await server.dispose();
      await provider.close();
    },
  };
}

export const say = (content: unknown, more: object = {}) => ({
  model: "moltworker",
  messages: [{ role: "user", content }],
  ...more,
});

export const failure = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as Failure).error });

/** The text of a streamed chat completion. */
export const textIn = (events: SseEvent[]): string =>
  events
    .filter((event) => event.data !== "[DONE]")
    .map((event) => (JSON.parse(event.data) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? "")
    .join("");

export interface SseEvent {
  event: string | undefined;
  data: string;
}

/** All events of a stream, once it has ended. Comments are left out. */
export async function readSse(response: Response): Promise<SseEvent[]> {
  if (!response.headers.get("content-type")?.includes("text/event-stream")) return [];
  return (await response.text())
    .split("\n\n")
    .filter((block) => block.includes("data: "))
    .map((block) => {
      const lines = block.split("\n");
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      return { event: field("event"), data: field("data") ?? "" };
    });
}

/** Asks again every 50 ms, up to 20 s. */
export async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it did not come within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
