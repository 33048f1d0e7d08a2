/** What a hostile or broken client may send: a clear error frame or close, the object lives, other clients notice nothing. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayTokenOf } from "../support/client.ts";
import { createRandom } from "../support/random.ts";
import { connectFrame, openRaw, openReady, type RawSocket, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
/** A well-behaved client that is connected all the while. */
let neighbour: RawSocket;
let counter = 0;

beforeAll(async () => {
  server = await startServer();
  neighbour = await openReady(server.url, server.dataDir);
});
afterAll(async () => {
  neighbour.close();
  await server.dispose();
});

/** The neighbour's own question is answered, in time, on the same socket. */
async function neighbourIsWell(): Promise<void> {
  counter += 1;
  neighbour.send(request(`well-${counter}`, "health"));
  const answer = await neighbour.frame((frame) => frame.id === `well-${counter}`);
  expect(answer.ok).toBe(true);
  expect(neighbour.isOpen()).toBe(true);
}

const ready = () => openReady(server.url, server.dataDir);
const token = () => gatewayTokenOf(server.dataDir);

describe("before hello", () => {
  const refusals: [name: string, frame: () => string | Buffer, code: number, detail: string][] = [
    ["text that is not JSON", () => "hello?", 1008, "INVALID_FRAME"],
    ["JSON that is no object", () => "[1,2,3]", 1008, "INVALID_FRAME"],
    ["a frame without a method", () => JSON.stringify({ type: "req", id: "1" }), 1008, "INVALID_FRAME"],
    [
      "a frame with unknown keys",
      () => JSON.stringify({ type: "req", id: "1", method: "connect", extra: 1 }),
      1008,
      "INVALID_FRAME",
    ],
    ["a binary frame", () => Buffer.from([0, 1, 2, 255]), 1008, "INVALID_FRAME"],
    ["another method first", () => request("1", "health"), 1008, "HANDSHAKE_EXPECTED"],
    ["connect without parameters", () => request("1", "connect"), 1008, "INVALID_REQUEST"],
    [
      "an unknown client id",
      () => connectFrame("x", { client: { id: "nobody", version: "1", platform: "p", mode: "cli" } }),
      1008,
      "INVALID_REQUEST",
    ],
    ["no credential", () => connectFrame(undefined), 1008, "AUTH_TOKEN_MISSING"],
    ["a wrong token", () => connectFrame("wrong"), 1008, "AUTH_TOKEN_MISMATCH"],
    ["an older protocol", () => connectFrame("x", { minProtocol: 1, maxProtocol: 2 }), 1002, "PROTOCOL_MISMATCH"],
    ["a newer protocol", () => connectFrame("x", { minProtocol: 9, maxProtocol: 9 }), 1002, "PROTOCOL_MISMATCH"],
    ["64 KiB and more", () => connectFrame("x".repeat(70_000)), 1009, "FRAME_TOO_LARGE"],
  ];

  test.each(refusals)("%s", async (_name, frame, code, detail) => {
    const socket = await openRaw(server.url);
    socket.send(frame());
    const answer = await socket.frame((candidate) => candidate.type === "res");
    expect(answer).toMatchObject({ ok: false, error: { details: { code: detail } } });
    expect(answer.error?.message.length).toBeGreaterThan(5);
    expect(answer.error?.details.hint.length).toBeGreaterThan(5);
    const closed = await socket.closed;
    expect(closed.code).toBe(code);
    expect(Buffer.byteLength(closed.reason)).toBeLessThanOrEqual(123);
    // OpenClaw's clients compare the two.
    expect(answer.error?.message.startsWith(closed.reason)).toBe(true);
    await neighbourIsWell();
  });

  test("a foreign Origin is told so", async () => {
    const socket = await openRaw(server.url, { headers: { origin: "https://evil.example" } });
    const closed = await socket.closed;
    expect(closed.code).toBe(1008);
    expect(closed.reason).toContain("origin");
    await neighbourIsWell();
  });
});

describe("after hello", () => {
  const answered: [name: string, frame: string | Buffer, detail: string][] = [
    ["text that is not JSON", "{oops", "INVALID_FRAME"],
    ["a number", "42", "INVALID_FRAME"],
    ["a binary frame", Buffer.from("{}"), "INVALID_FRAME"],
    ["connect again", connectFrame("x"), "INVALID_FRAME"],
    ["an unknown method", request("q", "no.such.method"), "UNKNOWN_METHOD"],
    ["a method that is a property of every object", request("q", "constructor"), "UNKNOWN_METHOD"],
    ["parameters of the wrong type", request("q", "chat.history", { sessionKey: 5 }), "INVALID_REQUEST"],
    ["parameters that are a list", request("q", "chat.send", []), "INVALID_REQUEST"],
    ["an unknown parameter", request("q", "config.get", { zz: 1 }), "INVALID_REQUEST"],
    [
      "an empty message",
      request("q", "chat.send", { sessionKey: "main", message: "  ", idempotencyKey: "k" }),
      "INVALID_REQUEST",
    ],
    ["a session key with blanks", request("q", "chat.history", { sessionKey: "a b" }), "INVALID_REQUEST"],
    [
      "an attachment that is not base64",
      request("q", "chat.send", {
        sessionKey: "main",
        message: "x",
        idempotencyKey: "k",
        attachments: [{ mimeType: "text/plain", fileName: "a", content: "%%%" }],
      }),
      "INVALID_REQUEST",
    ],
    [
      "an approval that does not exist",
      request("q", "exec.approval.resolve", { id: "nope", decision: "deny" }),
      "APPROVAL_NOT_FOUND",
    ],
    ["a file outside the tree", request("q", "agents.files.get", { name: "../../etc/passwd" }), "INVALID_REQUEST"],
    ["a model that nobody offers", request("q", "sessions.patch", { key: "main", model: "nobody/none" }), "MODEL_UNKNOWN"],
    ["a setting out of range", request("q", "config.patch", { raw: '{"agent":{"maxSteps":-1}}' }), "CONFIG_INVALID"],
    ["an unknown setting", request("q", "config.patch", { raw: '{"nothing":{}}' }), "CONFIG_INVALID"],
  ];

  test.each(answered)("%s", async (_name, frame, detail) => {
    const socket = await ready();
    socket.send(frame);
    const answer = await socket.frame((candidate) => candidate.type === "res" && candidate.ok === false);
    expect(answer.error?.details.code).toBe(detail);
    expect(answer.error?.details.hint.length).toBeGreaterThan(5);
    socket.send(request("still", "health"));
    await socket.frame((candidate) => candidate.id === "still" && candidate.ok === true);
    socket.close();
    await neighbourIsWell();
  });

  test("OpenClaw's own words for an unexpected property", async () => {
    const socket = await ready();
    socket.send(request("q", "config.get", { zz: 1 }));
    const answer = await socket.frame((candidate) => candidate.id === "q");
    expect(answer.error).toMatchObject({
      code: "INVALID_REQUEST",
      message: "invalid config.get params: at root: unexpected property 'zz'",
    });
    socket.close();
  });

  test("more than 25 MiB closes that socket with 1009 and no other", async () => {
    const socket = await ready();
    socket.send(request("big", "chat.send", { sessionKey: "main", message: "x".repeat(26_500_000), idempotencyKey: "big" }));
    expect((await socket.closed).code).toBe(1009);
    await neighbourIsWell();
  });

  test("a long message is kept whole", async () => {
    const socket = await ready();
    const long = "word ".repeat(400_000);
    socket.send(request("long", "chat.send", { sessionKey: "long", message: long, idempotencyKey: "long" }));
    await socket.frame((candidate) => candidate.id === "long" && candidate.ok === true, 20_000);
    socket.send(request("read", "chat.history", { sessionKey: "long" }));
    const history = await socket.frame((candidate) => candidate.id === "read");
    const messages = history.payload?.messages as { content: { type: string; sizeBytes?: number }[] }[];
    expect(messages[0]?.content.at(-1)).toMatchObject({ type: "file", sizeBytes: long.length });
    socket.close();
  });

  test("ten thousand frames at once: answered or refused, then closed; nobody else waits", async () => {
    const socket = await ready();
    for (let index = 0; index < 10_000; index += 1) socket.send(request(`f${index}`, "health"));
    await neighbourIsWell();
    const closed = await socket.closed;
    expect(closed.code).toBe(1008);
    expect(closed.reason).toContain("too many frames");
    expect(socket.frames.some((frame) => frame.error?.details.code === "RATE_LIMITED")).toBe(true);
    await neighbourIsWell();
  });

  test("five thousand frames of seeded nonsense leave everything standing", async () => {
    const random = createRandom(7);
    const bits = [
      "{",
      "}",
      '"type":"req"',
      '"id":"x"',
      '"method":"chat.send"',
      '"params":',
      "null",
      "[]",
      '"\\u0000"',
      "1e999",
      "true",
      ",",
      ":",
      "\ud800",
    ];
    let socket = await ready();
    for (let index = 0; index < 5_000; index += 1) {
      if (!socket.isOpen()) socket = await ready();
      socket.send(Array.from({ length: 1 + random.below(8) }, () => random.pick(bits)).join(""));
      if (index % 250 === 0) await neighbourIsWell();
    }
    socket.close();
    await neighbourIsWell();
  });

  test("sockets cut without goodbye are forgotten", async () => {
    for (let index = 0; index < 30; index += 1) (await ready()).close();
    await neighbourIsWell();
    const clients = async () => {
      counter += 1;
      neighbour.send(request(`count-${counter}`, "health"));
      return (await neighbour.frame((frame) => frame.id === `count-${counter}`)).payload?.clients as number;
    };
    while ((await clients()) > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(await clients()).toBe(1);
  });

  test("the process is the one that was started", () => {
    expect(server.events.filter((event) => event.type === "restarting")).toEqual([]);
    expect(token().length).toBeGreaterThan(20);
  });
});
