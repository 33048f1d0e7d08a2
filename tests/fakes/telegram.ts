/**
 * A fake Bot API server on loopback that follows the public Bot API closely: every method the product uses, updates by webhook
 * (repeated until it is taken) or long polling, refusals in Telegram's own words. It records what it saw; judges read that alone.
 * Nobody gets around its last look: closing it holds all that went over the wire against grammY's types.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TelegramChats } from "./telegram-chats.ts";
import { methods, type Outcome, type TelegramCall } from "./telegram-methods.ts";

export type { TelegramCall } from "./telegram-methods.ts";

/** What the fake does instead of answering. `lost`: it happens, and nobody hears of it; `silent`: nor does the connection end. */
export type TelegramFault =
  | { kind: "limited"; retryAfterSeconds: number }
  | { kind: "error"; status: number; description: string; parameters?: Record<string, unknown> }
  /** An answer that is no JSON, as proxies give it; nothing happened. */
  | { kind: "html"; status: number }
  | { kind: "lost" }
  | { kind: "silent" }
  /** The connection ends before anything happened. */
  | { kind: "cut" };

export interface TelegramOptions {
  token?: string;
  port?: number;
  /** Asked before each call is carried out. */
  fault?: (call: TelegramCall, index: number) => TelegramFault | undefined;
  /** Milliseconds that each call takes. */
  delayMs?: number;
}

export interface FakeTelegram {
  url: string;
  token: string;
  bot: { id: number; username: string };
  calls: TelegramCall[];
  chats: TelegramChats;
  /** Puts an update into the queue; delivered by webhook or polling. Returns its id. */
  push(update: Record<string, unknown>, id?: number): number;
  /** Posts an update to the webhook by hand, with the secret or another one. Resolves to the status. */
  post(update: Record<string, unknown>, options?: { secret?: string; url?: string }): Promise<number>;
  webhook: { url: string; secret: string };
  /** The first call that fits, past or to come. */
  waitFor(fits: (call: TelegramCall) => boolean, timeoutMs?: number): Promise<TelegramCall>;
  fault: TelegramOptions["fault"];
  /** From now on only this token is taken. */
  rotate(token: string): void;
  /** Another program polls with the same token. */
  conflict: boolean;
  /** What other servers see of the webhook: the last failure. */
  webhookError: { message: string; date: number } | undefined;
  queue: { update_id: number }[];
  /** Every update that was given out, as it was. */
  sent: Record<string, unknown>[];
  /** Throws when a payload of either side does not have its type of the Bot API. */
  close(): Promise<void>;
}

export const testToken = "7000000001:AAfakefakefakefakefakefakefakefakefake";

export async function startFakeTelegram(options: TelegramOptions = {}): Promise<FakeTelegram> {
  const fake = new TelegramServer(options);
  await fake.listen(options.port ?? 0);
  return fake;
}

class TelegramServer implements FakeTelegram {
  url = "";
  token: string;
  bot: { id: number; username: string };
  calls: TelegramCall[] = [];
  chats = new TelegramChats();
  webhook = { url: "", secret: "" };
  webhookError: { message: string; date: number } | undefined;
  conflict = false;
  queue: ({ update_id: number } & Record<string, unknown>)[] = [];
  sent: Record<string, unknown>[] = [];
  fault: TelegramOptions["fault"];
  private nextUpdate = 500_000_001;
  private readonly server: Server;
  private readonly waiters = new Set<{ fits(call: TelegramCall): boolean; resolve(call: TelegramCall): void }>();
  private readonly pollers = new Set<() => void>();
  private readonly delayMs: number;
  private delivering = false;
  private closed = false;

  constructor(options: TelegramOptions) {
    this.token = options.token ?? testToken;
    this.bot = { id: Number(this.token.split(":")[0]), username: "molt_test_bot" };
    this.fault = options.fault;
    this.delayMs = options.delayMs ?? 0;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server.keepAliveTimeout = 60_000;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  push(update: Record<string, unknown>, id = this.nextUpdate): number {
    this.nextUpdate = Math.max(this.nextUpdate, id + 1);
    this.queue.push({ update_id: id, ...update });
    this.sent.push({ update_id: id, ...update });
    for (const wake of this.pollers) wake();
    void this.deliver();
    return id;
  }

  post(update: Record<string, unknown>, options: { secret?: string; url?: string } = {}): Promise<number> {
    this.sent.push(update);
    return this.hand(update, options);
  }

  private async hand(update: Record<string, unknown>, options: { secret?: string; url?: string } = {}): Promise<number> {
    const response = await fetch(options.url ?? this.webhook.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-telegram-bot-api-secret-token": options.secret ?? this.webhook.secret,
      },
      body: JSON.stringify(update),
    });
    await response.arrayBuffer();
    return response.status;
  }

  waitFor(fits: (call: TelegramCall) => boolean, timeoutMs = 20_000): Promise<TelegramCall> {
    const past = this.calls.find(fits);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const waiter = {
        fits,
        resolve: (call: TelegramCall) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(call);
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        const last = this.calls.slice(-8).map((call) => `${call.method} ${JSON.stringify(call.params).slice(0, 200)}`);
        reject(new Error(`no such call within ${timeoutMs} ms; the last ones: ${last.join(" | ")}`));
      }, timeoutMs);
      this.waiters.add(waiter);
    });
  }

  rotate(token: string): void {
    this.token = token;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const wake of this.pollers) wake();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    // The compiler is loaded by those who need it.
    const { schemaFaults } = await import("./telegram-schema.ts");
    const faults = schemaFaults(this);
    if (faults.length > 0) throw new Error(`not as the Bot API has it:\n${faults.join("\n")}`);
  }

  /** Telegram repeats an update until the webhook answers 2xx, in order, one at a time here. */
  private async deliver(): Promise<void> {
    if (this.delivering) return;
    this.delivering = true;
    try {
      for (let waitMs = 50; this.webhook.url !== "" && this.queue.length > 0 && !this.closed; ) {
        const [first] = this.queue;
        const status = first ? await this.hand(first).catch(() => 0) : 200;
        if (status >= 200 && status < 300) {
          this.queue.shift();
          waitMs = 50;
        } else {
          this.webhookError = { message: `Wrong response from the webhook: ${status}`, date: Math.floor(Date.now() / 1_000) };
          await new Promise((resolve) => setTimeout(resolve, waitMs));
          waitMs = Math.min(2_000, waitMs * 2);
        }
      }
    } finally {
      this.delivering = false;
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", this.url).pathname;
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(path);
    if (file) return this.sendFile(response, file[1] ?? "", file[2] ?? "");
    const [, token, method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    const params = await paramsOf(request);
    if (token !== this.token) return refuse(response, 401, "Unauthorized");
    const call: TelegramCall = { method, params, at: Date.now(), outcome: "ok" };
    const index = this.calls.push(call) - 1;
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const fault = method === "getUpdates" ? undefined : this.fault?.(call, index);
    if (fault && fault.kind !== "lost" && fault.kind !== "silent") {
      call.outcome = fault.kind;
      if (fault.kind === "limited") call.retryAfterMs = fault.retryAfterSeconds * 1_000;
      this.tell(call);
      return faultAnswer(response, fault);
    }
    const result = await this.carryOut(call);
    this.tell(call);
    if (fault) {
      call.outcome = "lost";
      return fault.kind === "lost" ? void response.destroy() : undefined;
    }
    if ("error" in result) {
      call.outcome = "refused";
      return refuse(response, result.error.code, result.error.description, result.error.parameters);
    }
    call.result = result.ok;
    respond(response, 200, { ok: true, result: result.ok });
  }

  private async carryOut(call: TelegramCall): Promise<Outcome> {
    if (call.method === "getUpdates") return this.getUpdates(call);
    if (call.method === "setWebhook") {
      this.webhook = { url: String(call.params.url ?? ""), secret: String(call.params.secret_token ?? "") };
      void this.deliver();
      return { ok: true };
    }
    if (call.method === "deleteWebhook") {
      this.webhook = { url: "", secret: "" };
      return { ok: true };
    }
    if (call.method === "getWebhookInfo") return { ok: this.webhookInfo() };
    if (call.method === "getMe")
      return { ok: { id: this.bot.id, is_bot: true, first_name: "Molt Test", username: this.bot.username, ...abilities } };
    const method = methods[call.method];
    return method ? method(call, this.chats) : { error: { code: 404, description: "Not Found: method not found" } };
  }

  private webhookInfo() {
    const failed = this.webhookError;
    return {
      url: this.webhook.url,
      has_custom_certificate: false,
      pending_update_count: this.queue.length,
      ...(failed ? { last_error_date: failed.date, last_error_message: failed.message } : {}),
    };
  }

  private async getUpdates(call: TelegramCall): Promise<Outcome> {
    if (this.webhook.url !== "")
      return conflict(
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    if (this.conflict)
      return conflict("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
    const offset = Number(call.params.offset ?? 0);
    // Asking with an offset confirms everything before it.
    this.queue = this.queue.filter((update) => update.update_id >= offset);
    if (this.queue.length === 0) await this.untilPushed(Number(call.params.timeout ?? 0) * 1_000);
    return { ok: this.queue.slice(0, Number(call.params.limit ?? 100)) };
  }

  private untilPushed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.pollers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.pollers.add(wake);
    });
  }

  private sendFile(response: ServerResponse, token: string, path: string): void {
    const bytes = token === this.token ? this.chats.file(path) : undefined;
    if (!bytes) return refuse(response, 404, "Not Found");
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes.length }).end(bytes);
  }

  private tell(call: TelegramCall): void {
    for (const waiter of this.waiters) if (waiter.fits(call)) waiter.resolve(call);
  }
}

/** What getMe says of a bot besides who it is. */
const abilities = {
  ...{ can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false },
  ...{ can_connect_to_business: false, has_main_web_app: false, has_topics_enabled: false },
  ...{ allows_users_to_create_topics: false, can_manage_bots: false, supports_join_request_queries: false },
};

const conflict = (description: string): Outcome => ({ error: { code: 409, description } });

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, description: string, parameters?: Record<string, unknown>): void {
  respond(response, code, { ok: false, error_code: code, description, ...(parameters ? { parameters } : {}) });
}

function faultAnswer(response: ServerResponse, fault: Exclude<TelegramFault, { kind: "lost" | "silent" }>): void {
  if (fault.kind === "limited")
    return refuse(response, 429, `Too Many Requests: retry after ${fault.retryAfterSeconds}`, {
      retry_after: fault.retryAfterSeconds,
    });
  if (fault.kind === "error") return refuse(response, fault.status, fault.description, fault.parameters);
  if (fault.kind === "html")
    return void response.writeHead(fault.status, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
  response.destroy();
}

/** JSON, or a form whose file parts are told by name and size. */
async function paramsOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) return JSON.parse(body.toString()) as Record<string, unknown>;
  if (!type.startsWith("multipart/form-data")) return {};
  const form = await new Response(body, { headers: { "content-type": type } }).formData();
  const params: Record<string, unknown> = {};
  for (const [key, value] of form.entries()) {
    if (typeof value !== "string") params[key] = { name: value.name, type: value.type, size: value.size };
    else params[key] = /^[[{\d-]/.test(value) ? tryJson(value) : value;
  }
  return params;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
