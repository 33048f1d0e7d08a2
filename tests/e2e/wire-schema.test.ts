/**
 * What we send, judged by the schema that OpenClaw publishes for its own protocol. Nothing may be missing or of another type;
 * each key beyond the schema is on a list here, so that none slips in unseen.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { gatewayTokenOf } from "../support/client.ts";
import { judge, type Schema } from "../support/json-schema.ts";
import type { Frame } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { openStock, type StockSocket } from "../support/stock-socket.ts";

const schemaPath = fileURLToPath(new URL("../protocol.schema.json", import.meta.resolve("@openclaw/gateway-protocol")));
const { definitions } = JSON.parse(readFileSync(schemaPath, "utf8")) as { definitions: Record<string, Schema> };

let provider: FakeProvider;
let server: Server;
let socket: StockSocket;
const sessionKey = "agent:main:schema";

beforeAll(async () => {
  provider = await startFakeProvider();
  const env = {
    OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
    OPENAI_COMPATIBLE_API_KEY: "test-key",
    MOLTWORKER_MODEL: "openai-compatible/fake-large",
  };
  server = await startServer({ env });
  socket = await openStock(server.url, gatewayTokenOf(server.dataDir));
  await turn("schema-plain", "[[say: one two three]]");
  await turn("schema-tool", '[[say: looking]] [[tool: ls {"path":"."}]] [[then]] [[say: seen]]');
  await turn("schema-fault", "[[fault: 400]]");
  const { payload } = await socket.call("chat.send", {
    sessionKey,
    message: "[[fault: hang-mid]]",
    idempotencyKey: "schema-abort",
  });
  await socket.frame(
    (frame) => frame.event === "chat" && frame.payload?.runId === payload?.runId && frame.payload?.state === "delta",
  );
  await socket.call("chat.abort", { sessionKey });
  await ended("schema-abort");
});

afterAll(async () => {
  socket?.close();
  await server?.dispose();
  await provider?.close();
});

const isEnd = (frame: Frame, runId: string) =>
  frame.event === "chat" &&
  frame.payload?.runId === runId &&
  ["final", "aborted", "error"].includes(frame.payload?.state as string);
const ended = (runId: string) => socket.frame((frame) => isEnd(frame, runId));

async function turn(idempotencyKey: string, message: string): Promise<void> {
  await socket.call("chat.send", { sessionKey, message, idempotencyKey });
  await ended(idempotencyKey);
}

/** Fails on anything wrong; returns the keys beyond the schema, each once. */
function fits(name: string, value: unknown): string[] {
  const { errors, extras } = judge(value, definitions[name] as Schema);
  expect([...new Set(errors)], `${name}: ${JSON.stringify(value).slice(0, 2_000)}`).toEqual([]);
  return [...new Set(extras)].sort();
}

const all = (name: string, values: unknown[]) => {
  expect(values.length).toBeGreaterThan(0);
  return [...new Set(values.flatMap((value) => fits(name, value)))].sort();
};

const events = (name: string) => socket.frames.filter((frame) => frame.event === name).map((frame) => frame.payload);

describe("the published schema", () => {
  it("has the oracle itself on a lead", () => {
    expect(judge({ type: "res", id: "1" }, definitions.ResponseFrame as Schema).errors).toEqual(["at /: misses ok"]);
    expect(judge({ ts: "now" }, definitions.TickEvent as Schema).errors).toEqual(["at /ts: is not integer"]);
    expect(judge({ ts: 1, more: 2 }, definitions.TickEvent as Schema)).toEqual({ errors: [], extras: ["/more"] });
  });

  it("fits every frame", () => {
    expect(
      all(
        "EventFrame",
        socket.frames.filter((frame) => frame.type === "event"),
      ),
    ).toEqual([]);
    expect(
      all(
        "ResponseFrame",
        socket.frames.filter((frame) => frame.type === "res"),
      ),
    ).toEqual([]);
  });

  // Ours: how many runs and clients there are, and with which model.
  it("fits hello-ok", () => {
    expect(fits("HelloOk", socket.hello.payload)).toEqual([
      "/snapshot/health/clients",
      "/snapshot/health/model",
      "/snapshot/health/runs",
    ]);
  });

  it("fits chat events, one end per run", () => {
    expect(all("ChatEvent", events("chat"))).toEqual([]);
    for (const runId of ["schema-plain", "schema-tool", "schema-fault", "schema-abort"]) {
      expect(socket.frames.filter((frame) => isEnd(frame, runId))).toHaveLength(1);
    }
  });

  // The live gateway sends both keys too; its published schema lags behind.
  it("fits agent events", () => expect(all("AgentEvent", events("agent"))).toEqual(["/agentId", "/sessionKey"]));

  it("numbers events from 1 without a hole", () => {
    const numbers = socket.frames
      .filter((frame) => frame.type === "event" && frame.event !== "connect.challenge")
      .map((frame) => (frame as { seq?: number }).seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it("fits models.list", async () => {
    const { payload } = await socket.call("models.list", { refresh: true });
    // Ours: the reference to store, limits and price of a model, and why it cannot be used in words.
    expect(fits("ModelsListResult", payload)).toEqual(["/models/*/maxOutputTokens", "/models/*/price", "/models/*/ref"]);
  });

  it("fits agents.list", async () =>
    expect(fits("AgentsListResult", (await socket.call("agents.list", {})).payload)).toEqual([]));

  it("fits sessions.list rows", async () => {
    const { payload } = await socket.call("sessions.list", {});
    expect(all("SessionRow", payload?.sessions as unknown[])).toEqual([]);
  });

  it("fits errors of every kind", async () => {
    const refused = [
      await socket.call("no.such.method"),
      await socket.call("chat.send", { message: 1 }),
      await socket.call("sessions.delete", { key: "agent:main:nobody" }),
    ];
    const errors = refused.filter((frame) => frame.ok === false).map((frame) => frame.error);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    expect(all("ErrorShape", errors)).toEqual([]);
  });
});
