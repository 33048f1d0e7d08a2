import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Client, type ConnectionState, createClient, type SocketLike } from "./client.ts";
import { type ErrorCode, errorTable, errorToWire, MoltError } from "./errors.ts";
import type { EventFrame, HelloOk } from "./frames.ts";

/** A socket whose server side is played by the test. */
class PlayedSocket implements SocketLike {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onopen: ((event: unknown) => void) | null = null;
  sent: { id: string; method: string; params: Record<string, unknown> }[] = [];
  closedWith: number | undefined;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as (typeof this.sent)[number]);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  cut(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }
  event(event: string, payload: unknown, place: { seq?: number; cursor?: number } = {}): void {
    this.say({ type: "event", event, payload, ...place });
  }
  hello(resume: HelloOk["resume"] = { cursor: 0, result: "fresh" }): void {
    this.event("connect.challenge", { nonce: "n", ts: 1 });
    const connect = this.sent.at(-1);
    this.say({
      type: "res",
      id: connect?.id,
      ok: true,
      payload: { type: "hello-ok", policy: { tickIntervalMs: 30_000 }, resume },
    });
  }
  refuse(error: MoltError, code: number): void {
    this.event("connect.challenge", { nonce: "n", ts: 1 });
    this.say({ type: "res", id: this.sent.at(-1)?.id, ok: false, error: errorToWire(error) });
    this.cut(code, error.message);
  }
}

describe("the client", () => {
  let sockets: PlayedSocket[];
  let events: EventFrame[];
  let states: ConnectionState[];
  let client: Client;
  const last = () => sockets.at(-1) as PlayedSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    [sockets, events, states] = [[], [], []];
    client = createClient({
      url: "ws://played/ws",
      client: { id: "test", version: "1", platform: "test", mode: "test" },
      onEvent: (frame) => events.push(frame),
      onState: (state) => states.push(state),
      createSocket: () => {
        sockets.push(new PlayedSocket());
        return last();
      },
      random: () => 0.5,
    });
    client.start();
  });
  afterEach(() => {
    client.close();
    vi.useRealTimers();
  });

  test("what is asked on hearing that it is connected is sent once", () => {
    client.close();
    client = createClient({
      url: "ws://played/ws",
      client: { id: "test", version: "1", platform: "test", mode: "test" },
      onEvent: () => {},
      onState: (state) => {
        if (state.phase === "connected") client.request("health", {}).catch(() => {});
      },
      createSocket: () => {
        sockets.push(new PlayedSocket());
        return last();
      },
    });
    client.start();
    last().hello();
    expect(last().sent.map((frame) => frame.method)).toEqual(["connect", "health"]);
  });

  test("a request made before the connection stands is sent after hello", async () => {
    const answer = client.request("health", {});
    expect(last().sent).toEqual([]);
    last().hello();
    const request = last().sent.at(-1);
    expect(request?.method).toBe("health");
    last().say({ type: "res", id: request?.id, ok: true, payload: { ok: true, ts: 1 } });
    await expect(answer).resolves.toEqual({ ok: true, ts: 1 });
  });

  test("after a cut it comes back with the cursor it reached, and drops what it had", () => {
    last().hello();
    last().event("tick", { ts: 1 }, { seq: 1 });
    last().event("chat", { n: 1 }, { seq: 2, cursor: 7 });
    last().cut();
    expect(client.state.phase).toBe("waiting");
    vi.advanceTimersByTime(1_000);
    last().event("connect.challenge", { nonce: "n", ts: 1 });
    expect(last().sent.at(-1)?.params.resume).toEqual({ cursor: 7 });
    last().say({
      type: "res",
      id: last().sent.at(-1)?.id,
      ok: true,
      payload: { policy: { tickIntervalMs: 30_000 }, resume: { cursor: 9, result: "replayed" } },
    });
    last().event("chat", { n: 1 }, { seq: 1, cursor: 7 });
    last().event("chat", { n: 2 }, { seq: 2, cursor: 8 });
    expect(events.filter((frame) => frame.event === "chat").map((frame) => frame.cursor)).toEqual([7, 8]);
  });

  test("a hole in the sequence makes it reconnect instead of going on", () => {
    last().hello();
    last().event("tick", { ts: 1 }, { seq: 1 });
    last().event("tick", { ts: 2 }, { seq: 3 });
    expect(last().closedWith).toBe(4001);
    expect(client.state.phase).toBe("waiting");
  });

  test("a refusal ends in `refused` with its cause and cure, and nothing tries again", async () => {
    const asked = client.request("health", {});
    last().refuse(new MoltError("AUTH_TOKEN_MISMATCH"), 1008);
    await expect(asked).rejects.toMatchObject({ code: "AUTH_TOKEN_MISMATCH" });
    vi.advanceTimersByTime(600_000);
    expect(sockets.length).toBe(1);
    expect(client.state).toMatchObject({ phase: "refused", error: { code: "AUTH_TOKEN_MISMATCH" } });
    client.retryNow();
    expect(sockets.length).toBe(2);
  });

  test.each(Object.keys(errorTable) as ErrorCode[])(
    "%s: tries again by itself only where that can help, and never at once",
    (code) => {
      last().refuse(new MoltError(code), errorTable[code].close);
      vi.advanceTimersByTime(149);
      expect(sockets).toHaveLength(1);
      vi.advanceTimersByTime(600_000);
      if (errorTable[code].retryable) {
        expect(sockets.length).toBeGreaterThan(1);
        return;
      }
      expect(client.state).toMatchObject({ phase: "refused", error: { code } });
      expect(sockets).toHaveLength(1);
    },
  );

  test("a rate limit waits as long as it was told", () => {
    last().refuse(new MoltError("AUTH_RATE_LIMITED", { retryAfterMs: 20_000 }), 1008);
    vi.advanceTimersByTime(19_000);
    expect(sockets.length).toBe(1);
    vi.advanceTimersByTime(2_000);
    expect(sockets.length).toBe(2);
  });

  test("waits grow and stay within the cap", () => {
    const waits: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      last().cut();
      const state = client.state;
      if (state.phase !== "waiting") throw new Error(state.phase);
      waits.push(state.retryAt - Date.now());
      vi.advanceTimersByTime(16_000);
    }
    expect(waits[0]).toBe(225);
    expect(waits[1]).toBe(450);
    expect(Math.max(...waits)).toBe(11_250);
  });

  test("after a cut, safe requests are sent again and the others fail at once", async () => {
    last().hello();
    const unsafe = client.request("sessions.reset", { key: "main" });
    const safe = client.request("chat.send", { sessionKey: "main", message: "hi", idempotencyKey: "k" }, { resend: true });
    const unsafeFails = expect(unsafe).rejects.toMatchObject({ code: "UNAVAILABLE" });
    last().cut();
    await unsafeFails;
    vi.advanceTimersByTime(1_000);
    last().hello();
    const repeated = last().sent.at(-1);
    expect(repeated?.method).toBe("chat.send");
    last().say({ type: "res", id: repeated?.id, ok: true, payload: { runId: "k", status: "in_flight" } });
    await expect(safe).resolves.toMatchObject({ runId: "k" });
  });

  test("silence of two ticks is a dead connection", () => {
    last().hello();
    vi.advanceTimersByTime(64_000);
    expect(sockets.length).toBe(1);
    vi.advanceTimersByTime(2_000);
    expect(last().closedWith ?? sockets[0]?.closedWith).toBe(4000);
  });
});
