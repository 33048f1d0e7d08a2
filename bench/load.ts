/** The load: a stock client's socket that sends messages and times what comes back. The same for every product. */

import WebSocket from "ws";

export interface Turn {
  /** Milliseconds of the wall clock, with fractions, on one time base with the provider's `at`. */
  sentAt: number;
  acceptedAt: number;
  /** First text, or the end when no text came before it. */
  firstTextAt: number;
  endedAt: number;
}

export interface Load {
  /** One message and its answer. Rejects when the turn ends otherwise, or not within `timeoutMs`. */
  turn(sessionKey: string, message: string, timeoutMs?: number): Promise<Turn>;
  close(): void;
}

interface Pending {
  turn: Turn;
  resolve(turn: Turn): void;
  reject(error: Error): void;
}

interface IncomingFrame {
  type: string;
  id?: string;
  ok?: boolean;
  event?: string;
  payload?: { runId?: string; state?: string; deltaText?: string; errorMessage?: string };
  error?: { message: string };
}

export const now = (): number => performance.timeOrigin + performance.now();

const connectParams = (token: string) => ({
  minProtocol: 4,
  maxProtocol: 4,
  client: { id: "cli", version: "2026.9.6", platform: "linux", mode: "cli" },
  role: "operator",
  scopes: ["operator.admin", "operator.read", "operator.write"],
  caps: [],
  auth: { token },
});

/** Resolves at `hello-ok`. Rejects when the server is not there or not ready. */
export function openLoad(url: string, token: string): Promise<Load> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const pending = new Map<string, Pending>();
  let count = 0;
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code, reason) => {
      const error = new Error(`closed: ${code} ${reason}`);
      reject(error);
      for (const one of pending.values()) one.reject(error);
    });
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as IncomingFrame;
      if (frame.event === "connect.challenge") send(socket, "connect", "connect", connectParams(token));
      else if (frame.id === "connect") {
        if (frame.ok) resolve({ turn, close: () => socket.terminate() });
        else reject(new Error(frame.error?.message));
      } else receive(frame, pending);
    });
  });

  function turn(sessionKey: string, message: string, timeoutMs = 120_000): Promise<Turn> {
    count += 1;
    const runId = `load-${process.pid}-${count}-${Math.trunc(now())}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(`no end of the turn within ${timeoutMs} ms`))), timeoutMs);
      const finish = (work: () => void) => {
        clearTimeout(timer);
        pending.delete(runId);
        work();
      };
      pending.set(runId, {
        turn: { sentAt: now(), acceptedAt: 0, firstTextAt: 0, endedAt: 0 },
        resolve: (done) => finish(() => resolve(done)),
        reject: (error) => finish(() => reject(error)),
      });
      send(socket, runId, "chat.send", { sessionKey, message, idempotencyKey: runId });
    });
  }
}

function send(socket: WebSocket, id: string, method: string, params: unknown): void {
  socket.send(JSON.stringify({ type: "req", id, method, params }));
}

function receive(frame: IncomingFrame, pending: Map<string, Pending>): void {
  const one = pending.get(frame.id ?? frame.payload?.runId ?? "");
  if (!one) return;
  if (frame.type === "res") {
    one.turn.acceptedAt = now();
    if (!frame.ok) one.reject(new Error(frame.error?.message));
    return;
  }
  if (frame.event !== "chat") return;
  const { state } = frame.payload ?? {};
  if (state === "delta") one.turn.firstTextAt ||= now();
  if (state === "error" || state === "aborted")
    one.reject(new Error(`the turn ended as ${state}: ${frame.payload?.errorMessage}`));
  if (state !== "final") return;
  one.turn.endedAt = now();
  one.turn.firstTextAt ||= one.turn.endedAt;
  one.resolve(one.turn);
}
