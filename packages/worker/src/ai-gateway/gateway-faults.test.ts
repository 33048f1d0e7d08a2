/** Every way in which a provider can fail, in every dialect: a named cause within bounds, and never a second answer after the first word. */

import type { ErrorCode, MoltError } from "@moltworker/protocol/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callFor, collect, createHarness } from "../../../../tests/fakes/gateway-harness.ts";
import { type FakeProvider, startFakeProvider } from "../../../../tests/fakes/provider.ts";
import { type Fault, faults } from "../../../../tests/fakes/reply.ts";

const key = "fake-key-0123456789";
let fake: FakeProvider;
beforeAll(async () => {
  fake = await startFakeProvider({ apiKey: key });
});
afterAll(() => fake.close());

interface Expected {
  code: ErrorCode | "ok";
  /** Requests that reach the provider when three tries are allowed. */
  tries: number;
  /** The provider may have generated, so the try is paid for. */
  usage?: boolean;
}

const expected: Record<Fault, Expected> = {
  "400": { code: "PROVIDER_REFUSED", tries: 1 },
  "401": { code: "PROVIDER_KEY_REJECTED", tries: 1 },
  "402": { code: "PROVIDER_QUOTA", tries: 1 },
  "403": { code: "PROVIDER_KEY_REJECTED", tries: 1 },
  "404": { code: "MODEL_UNKNOWN", tries: 1 },
  "413": { code: "CONTEXT_TOO_LARGE", tries: 1 },
  "429": { code: "PROVIDER_RATE_LIMITED", tries: 3 },
  "500": { code: "PROVIDER_UNAVAILABLE", tries: 3 },
  "503": { code: "PROVIDER_UNAVAILABLE", tries: 3 },
  "529": { code: "PROVIDER_UNAVAILABLE", tries: 3 },
  context: { code: "CONTEXT_TOO_LARGE", tries: 1 },
  quota: { code: "PROVIDER_QUOTA", tries: 1 },
  cut: { code: "PROVIDER_CUT", tries: 1, usage: true },
  "cut-before": { code: "PROVIDER_UNAVAILABLE", tries: 3 },
  truncated: { code: "PROVIDER_CUT", tries: 1, usage: true },
  malformed: { code: "PROVIDER_BAD_RESPONSE", tries: 3, usage: true },
  "malformed-mid": { code: "PROVIDER_BAD_RESPONSE", tries: 1, usage: true },
  html: { code: "PROVIDER_BAD_RESPONSE", tries: 3, usage: true },
  empty: { code: "PROVIDER_BAD_RESPONSE", tries: 3, usage: true },
  "hang-before": { code: "PROVIDER_TIMEOUT", tries: 3 },
  "hang-mid": { code: "PROVIDER_TIMEOUT", tries: 1, usage: true },
  slow: { code: "ok", tries: 1, usage: true },
  "error-in-200": { code: "PROVIDER_UNAVAILABLE", tries: 3, usage: true },
  "error-mid": { code: "PROVIDER_UNAVAILABLE", tries: 1, usage: true },
};

const dialects = [
  { name: "anthropic", ref: "anthropic/claude-sonnet-5", path: "/v1" },
  { name: "responses", ref: "openai/gpt-6-sol", path: "/v1/responses" },
  { name: "google", ref: "google/gemini-3.8-flash", path: "/v1beta" },
  { name: "chat completions", ref: "groq/m", path: "/v1" },
] as const;

const patient = { firstByteTimeoutMs: 60_000, idleTimeoutMs: 60_000, thinkingTimeoutMs: 60_000 };
/** Only a provider that hangs meets a short time-out, so that a busy machine is not taken for one. */
const limitsFor: Partial<Record<Fault, Record<string, number>>> = {
  "hang-before": { firstByteTimeoutMs: 150 },
  "hang-mid": { idleTimeoutMs: 300, thinkingTimeoutMs: 300 },
};

function harnessFor({ ref, path }: { ref: string; path: string }, limits: Record<string, number> = {}) {
  const provider = ref.slice(0, ref.indexOf("/"));
  return createHarness({
    keys: { [provider]: key },
    providers: { [provider]: { baseUrl: fake.url + path } },
    limits: { ...patient, maxTries: 3, firstRetryMs: 2, ...limits },
  });
}

describe.each(dialects)("$name", (dialect) => {
  test.each(faults)("%s", async (fault) => {
    const { gateway, rows } = harnessFor(dialect, limitsFor[fault]);
    const text = `${dialect.name} one two three [[fault: ${fault}]]`;
    const { events, error } = await collect(gateway.stream(callFor(dialect.ref, text)));
    const want = expected[fault];
    const requests = fake.requests.filter((request) => request.lastUserText === text);
    const failure = error as MoltError | undefined;
    expect(failure?.code ?? "ok").toBe(want.code);
    expect(requests).toHaveLength(want.tries);
    expect(rows.map((row) => row.outcome)).toEqual(requests.map(() => want.code));
    expect(events.filter((event) => event.type === "retrying")).toHaveLength(want.tries - 1);
    expect(rows.every((row) => (row.usage !== null) === (want.usage === true))).toBe(true);
    if (want.code !== "ok") {
      expect(rows.filter((row) => row.usage && !row.usage.estimated)).toEqual([]);
      expect(JSON.stringify([failure?.message, failure?.hint, failure?.details])).not.toContain(key);
      expect(failure?.message).not.toBe("");
      // What was shown was shown once.
      const shown = events.flatMap((event) => (event.type === "text" ? [event.delta] : [])).join("");
      expect(`answer to: ${text}`.startsWith(shown)).toBe(true);
    }
    // Whatever happened, nothing is left open at the provider.
    for (const request of requests) expect(await fake.waitForEnd(request, 2_000)).not.toBe("open");
  });

  test.each(["429", "500", "cut-before", "html", "empty", "malformed", "error-in-200"] as const)(
    "one %s, then an answer",
    async (fault) => {
      const { gateway } = harnessFor(dialect);
      const { events, error } = await collect(
        gateway.stream(callFor(dialect.ref, `${dialect.name} fine [[fault: ${fault}*1]] [[say: all well]]`)),
      );
      expect(error).toBeUndefined();
      expect(events.map((event) => event.type)).toEqual(["retrying", "text", "text", "finish"]);
    },
  );

  test("abort ends the stream at once and closes the upstream", async () => {
    const { gateway, rows } = harnessFor(dialect);
    for (const fault of ["hang-mid", "hang-before"]) {
      const text = `${dialect.name} abort one two [[fault: ${fault}]]`;
      const controller = new AbortController();
      const running = collect(
        gateway.stream(callFor(dialect.ref, text, { signal: controller.signal })),
        (event) => event.type === "text" && controller.abort(new Error("stop")),
      );
      const request = await fake.waitForRequest((one) => one.lastUserText === text);
      if (fault === "hang-before") controller.abort(new Error("stop"));
      expect((await running).error).toMatchObject({ code: "ABORTED" });
      expect(await fake.waitForEnd(request)).toBe("closed");
    }
    expect(rows.map((row) => [row.outcome, row.usage?.estimated])).toEqual([
      ["ABORTED", true],
      ["ABORTED", undefined],
    ]);
  });

  test("a reader that walks away closes the upstream", async () => {
    const { gateway } = harnessFor(dialect);
    const text = `${dialect.name} leave one two [[fault: hang-mid]]`;
    for await (const event of gateway.stream(callFor(dialect.ref, text))) if (event.type === "text") break;
    const request = await fake.waitForRequest((one) => one.lastUserText === text);
    expect(await fake.waitForEnd(request)).toBe("closed");
  });
});

describe("retries", () => {
  const groq = { ref: "groq/m", path: "/v1" };

  test("wait as long as the provider asks", async () => {
    const { gateway } = harnessFor(groq);
    fake.script((request) => (request.lastUserText === "busy" ? { fault: "429", retryAfterSeconds: 0.05 } : undefined));
    const { events } = await collect(gateway.stream(callFor(groq.ref, "busy")));
    fake.script(undefined);
    expect(events.map((event) => (event.type === "retrying" ? event.delayMs : 0))).toEqual([50, 50]);
  });

  test("are not made when the provider asks for more than the budget allows", async () => {
    const { gateway } = harnessFor(groq, { retryBudgetMs: 1_000 });
    fake.script((request) => (request.lastUserText === "very busy" ? { fault: "429", retryAfterSeconds: 3_600 } : undefined));
    const { events, error } = await collect(gateway.stream(callFor(groq.ref, "very busy")));
    fake.script(undefined);
    expect(events).toEqual([]);
    expect(error).toMatchObject({ code: "PROVIDER_RATE_LIMITED", retryAfterMs: 3_600_000, retryable: true });
  });

  test("end at once when the caller aborts in between", async () => {
    const { gateway } = harnessFor(groq, { firstRetryMs: 10_000 });
    const controller = new AbortController();
    const { error } = await collect(
      gateway.stream(callFor(groq.ref, "x [[fault: 500]]", { signal: controller.signal })),
      (event) => event.type === "retrying" && controller.abort(new Error("stop")),
    );
    expect(error).toMatchObject({ code: "ABORTED" });
  });
});

describe("foreign words", () => {
  const groq = { ref: "groq/m", path: "/v1" };

  test("are quoted without the key and without what looks like one", async () => {
    const { gateway } = harnessFor(groq);
    fake.script((request) =>
      request.lastUserText === "leak"
        ? { fault: "400", errorMessage: `bad request by ${key} and sk-abcdefghijklmnop` }
        : undefined,
    );
    const { error } = await collect(gateway.stream(callFor(groq.ref, "leak")));
    fake.script(undefined);
    expect((error as MoltError).message).toBe("Groq refused the request: bad request by [key] and [redacted]");
  });

  test.each([
    ["This model's maximum context length is 8192 tokens.", "CONTEXT_TOO_LARGE"],
    ["input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", "CONTEXT_TOO_LARGE"],
    ["The service tier has insufficient_quota left.", "PROVIDER_QUOTA"],
    ["Your credit balance is too low to access the Anthropic API.", "PROVIDER_QUOTA"],
    ["API key not valid. Please pass a valid API key.", "PROVIDER_KEY_REJECTED"],
    ["Invalid model: nonsense", "MODEL_UNKNOWN"],
    ["temperature must be below 2", "PROVIDER_REFUSED"],
  ])("%s", async (errorMessage, code) => {
    const { gateway } = harnessFor(groq);
    fake.script(() => ({ fault: "400", errorMessage }));
    const { error } = await collect(gateway.stream(callFor(groq.ref, "words")));
    fake.script(undefined);
    expect(error).toMatchObject({ code });
  });
});
