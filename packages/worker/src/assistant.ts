/** The Durable Object: lifecycle, sockets, the alarm. It forwards; the parts do the work. */

import { DurableObject } from "cloudflare:workers";
import type { Env } from "./env.ts";
import { createServices, type Services } from "./services.ts";

export class Assistant extends DurableObject<Env> {
  private readonly services: Services;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.services = createServices(ctx, env);
    // Every wake, whatever caused it: rows that are owed work get it before anything else is looked at.
    this.services.wake();
  }

  override fetch(request: Request): Promise<Response> {
    return this.services.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.services.sockets.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.services.sockets.closed(socket);
    // Without an answering close an abruptly cut socket would linger half-closed and hold up the drain.
    try {
      socket.close(code === 1005 || code === 1006 ? 1000 : code);
    } catch {
      // Closed already, or a code that may not be sent.
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.services.sockets.closed(socket);
  }

  override alarm(): Promise<void> {
    return this.services.alarm.fire();
  }
}
