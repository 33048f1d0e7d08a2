/**
 * The one typed RPC client, for browser and Node. It reconnects with jitter, resumes the event log so that nothing is
 * missed or seen twice, sends idempotent requests again after a cut, and never loops on a refusal.
 */

import { errorFromWire, MoltError } from "./errors.ts";

import {
  type ClientInfo,
  type ConnectParams,
  type EventFrame,
  type HelloOk,
  PROTOCOL_VERSION,
  type ServerFrame,
} from "./frames.ts";
import type { MethodName, Params, Result } from "./methods.ts";
import { createPendingRequests, type PendingRequests } from "./pending-requests.ts";

export type ConnectionState =
  | { phase: "connecting"; attempt: number }
  | { phase: "connected"; hello: HelloOk }
  /** Cut or not reachable; tries again by itself at `retryAt` (epoch ms). */
  | { phase: "waiting"; error: MoltError; attempt: number; retryAt: number }
  /** The server said no; only a person can cure it. */
  | { phase: "refused"; error: MoltError }
  | { phase: "closed" };

export interface SocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onopen: ((event: unknown) => void) | null;
}

export interface ClientOptions {
  url: string;
  client: ClientInfo;
  /** Absent in a browser: the session cookie speaks. */
  auth?: ConnectParams["auth"];
  caps?: string[];
  onEvent(frame: EventFrame): void;
  onState(state: ConnectionState): void;
  createSocket?(url: string): SocketLike;
  random?(): number;
}

export interface RequestOptions {
  /** Default 30,000. */
  timeoutMs?: number;
  /** Safe to send again after a cut, since the method is idempotent by its own key. */
  resend?: boolean;
}

export interface Client {
  start(): void;
  /** Waits for the connection when there is none yet. Rejects with MoltError. */
  request<Name extends MethodName>(method: Name, params: Params<Name>, options?: RequestOptions): Promise<Result<Name>>;
  /** Tries now instead of waiting; also leaves the refused state (after signing in). */
  retryNow(): void;
  close(): void;
  readonly state: ConnectionState;
}

const firstRetryMs = 300;
const lastRetryMs = 15_000;
const handshakeLimitMs = 20_000;

export function createClient(options: ClientOptions): Client {
  return new GatewayClient(options);
}

class GatewayClient implements Client {
  state: ConnectionState = { phase: "closed" };
  private readonly options: ClientOptions;
  private readonly pending: PendingRequests;
  private socket: SocketLike | undefined;
  private attempt = 0;
  private cursor: number | undefined;
  private lastSeq = 0;
  private connectId = "";
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceLimitMs = handshakeLimitMs;
  private refusal: MoltError | undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.pending = createPendingRequests((text) => this.socket?.send(text));
  }

  start(): void {
    if (this.state.phase === "closed") this.open();
  }

  request<Name extends MethodName>(method: Name, params: Params<Name>, options: RequestOptions = {}): Promise<Result<Name>> {
    const { phase } = this.state;
    if (phase === "refused") return Promise.reject(this.state.error);
    if (phase === "closed") return Promise.reject(new MoltError("UNAVAILABLE", { message: "this client was closed" }));
    return this.pending.add(method, params, options, phase === "connected") as Promise<Result<Name>>;
  }

  retryNow(): void {
    if (this.state.phase === "connected" || this.state.phase === "connecting") return;
    this.attempt = 0;
    this.open();
  }

  close(): void {
    this.clearTimers();
    this.setState({ phase: "closed" });
    this.detach()?.close(1000, "client closed");
    this.pending.rejectAll(new MoltError("ABORTED", { message: "this client was closed" }));
  }

  private open(): void {
    this.clearTimers();
    this.refusal = undefined;
    this.setState({ phase: "connecting", attempt: this.attempt });
    const create = this.options.createSocket ?? ((url: string) => new WebSocket(url) as unknown as SocketLike);
    let socket: SocketLike;
    try {
      socket = create(this.options.url);
    } catch (cause) {
      this.wait(new MoltError("UNAVAILABLE", { message: "the socket could not be opened", cause }));
      return;
    }
    this.socket = socket;
    this.silenceLimitMs = handshakeLimitMs;
    this.watchSilence();
    socket.onmessage = (event) => this.receive(String(event.data));
    socket.onerror = () => {};
    socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  private receive(text: string): void {
    this.watchSilence();
    let frame: ServerFrame;
    try {
      frame = JSON.parse(text) as ServerFrame;
    } catch {
      return;
    }
    if (frame.type === "event") this.receiveEvent(frame);
    else if (frame.id === this.connectId) this.receiveHello(frame);
    else this.pending.settle(frame);
  }

  private receiveEvent(frame: EventFrame): void {
    if (frame.event === "connect.challenge") return this.sendConnect();
    if (frame.seq !== undefined) {
      // A hole in the sequence means a lost frame: reconnect, and the server replays from our cursor.
      if (frame.seq !== this.lastSeq + 1) return this.drop(4001, "sequence gap");
      this.lastSeq = frame.seq;
    }
    if (frame.cursor !== undefined) {
      if (this.cursor !== undefined && frame.cursor <= this.cursor) return;
      this.cursor = frame.cursor;
    }
    this.options.onEvent(frame);
  }

  private sendConnect(): void {
    const { client, auth, caps } = this.options;
    this.connectId = `connect-${Math.floor((this.options.random ?? Math.random)() * 1e9)}`;
    const params: ConnectParams = {
      minProtocol: PROTOCOL_VERSION,
      maxProtocol: PROTOCOL_VERSION,
      client,
      role: "operator",
      scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
      caps: [...(caps ?? []), "resume"],
    };
    if (auth) params.auth = auth;
    if (this.cursor !== undefined) params.resume = { cursor: this.cursor };
    this.socket?.send(JSON.stringify({ type: "req", id: this.connectId, method: "connect", params }));
  }

  private receiveHello(frame: Exclude<ServerFrame, { type: "event" }>): void {
    if (!frame.ok) {
      this.refusal = errorFromWire(frame.error);
      return;
    }
    const hello = frame.payload as HelloOk;
    this.attempt = 0;
    this.lastSeq = 0;
    this.silenceLimitMs = hello.policy.tickIntervalMs * 2 + 5_000;
    this.watchSilence();
    if (hello.resume && hello.resume.result !== "replayed") this.cursor = hello.resume.cursor;
    // First what waited: a listener that asks something on hearing "connected" must not have it sent twice.
    this.pending.resendAll();
    this.setState({ phase: "connected", hello });
  }

  private closed(code: number, reason: string): void {
    this.detach();
    const error = this.refusal ?? closeError(code, reason);
    this.pending.rejectUnsafe(error);
    if (!error.retryable) {
      this.clearTimers();
      this.setState({ phase: "refused", error });
      this.pending.rejectAll(error);
      return;
    }
    this.wait(error);
  }

  private wait(error: MoltError): void {
    const random = (this.options.random ?? Math.random)();
    const ceiling = Math.min(lastRetryMs, firstRetryMs * 2 ** this.attempt);
    const delayMs = Math.max(error.retryAfterMs ?? 0, ceiling * (0.5 + random / 2));
    this.attempt += 1;
    this.setState({ phase: "waiting", error, attempt: this.attempt, retryAt: Date.now() + delayMs });
    this.retryTimer = setTimeout(() => this.open(), delayMs);
  }

  private drop(code: number, reason: string): void {
    this.detach()?.close(code, reason);
    const error = new MoltError("UNAVAILABLE", { message: reason });
    this.pending.rejectUnsafe(error);
    this.wait(error);
  }

  private detach(): SocketLike | undefined {
    const socket = this.socket;
    this.socket = undefined;
    if (socket) socket.onmessage = socket.onclose = socket.onopen = null;
    return socket;
  }

  private watchSilence(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.drop(4000, "the server went silent"), this.silenceLimitMs);
  }

  private clearTimers(): void {
    clearTimeout(this.retryTimer);
    clearTimeout(this.silenceTimer);
  }

  private setState(state: ConnectionState): void {
    this.state = state;
    this.options.onState(state);
  }
}

/** What a close without an error frame means. Only policy closes (1008, 1002) are final. */
function closeError(code: number, reason: string): MoltError {
  if (code === 1008) return new MoltError("AUTH_EXPIRED", { message: reason || undefined });
  if (code === 1002) return new MoltError("PROTOCOL_MISMATCH", { message: reason || undefined });
  if (code === 1009) return new MoltError("FRAME_TOO_LARGE", { retryable: true });
  if (code === 1012) return new MoltError("UNAVAILABLE", { message: "the assistant is restarting" });
  return new MoltError("UNAVAILABLE", { message: reason || "the connection to the assistant was lost" });
}
