/** The Durable Object: lifecycle, sockets, the alarm. It forwards; the parts do the work. */

import { DurableObject } from "cloudflare:workers";
import { closeFrontDesk } from "./ai-gateway/proxy/front-desk.ts";
import { migrations } from "./catalog/migrations.ts";
import type { Env } from "./env.ts";
import { systemClock } from "./platform/clock.ts";
import { createLog } from "./platform/log.ts";
import { type Boot, bootServices } from "./services/boot.ts";
import { answerWithoutServices, closeWithoutServices } from "./services/boot-answers.ts";
import { snapshotBeforeUpgrade } from "./services/upgrade-snapshot.ts";
import { createServices, type Services } from "./services.ts";
import { createDatabase } from "./storage/database.ts";

/** The alarm asks again after this while the object has no services. */
const retryMs = 60_000;

export class Assistant extends DurableObject<Env> {
  private readonly boot: Boot<Services>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    closeFrontDesk(ctx.id.toString());
    const [db, log] = [createDatabase(ctx.storage), createLog()];
    this.boot = bootServices({
      ...{ db, migrations, log, clock: systemClock },
      create: () => createServices(ctx, env),
      // Every wake, whatever caused it: rows that are owed work get it before anything else is looked at.
      wake: (services) => services.wake(),
      snapshotBefore: (signal) => snapshotBeforeUpgrade(ctx, env, db, log, signal),
    });
  }

  override async fetch(request: Request): Promise<Response> {
    const services =
      this.boot.now() ?? (await this.boot.services().catch((thrown: unknown) => answerWithoutServices(request, thrown)));
    return services instanceof Response ? services : services.fetch(request);
  }

  /** Only our own Worker can call it: what a container asks for that nobody outside answers. */
  async fromContainer(container: string, request: Request): Promise<Response> {
    const services = this.boot.now() ?? (await this.boot.services());
    return services.fromContainer(container, request);
  }

  /** One of its containers ended by itself. */
  async containerEnded(container: string): Promise<void> {
    const services = this.boot.now() ?? (await this.boot.services());
    services.containerEnded(container);
  }

  /** Called by our own front, for the model calls that it answered beside the object. */
  keepFront(): void {
    this.boot.now()?.keepFront();
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const services =
      this.boot.now() ?? (await this.boot.services().catch((thrown: unknown) => closeWithoutServices(socket, thrown)));
    await services?.sockets.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.boot.now()?.sockets.closed(socket);
    // Without an answering close an abruptly cut socket would linger half-closed and hold up the drain.
    try {
      socket.close(code === 1005 || code === 1006 ? 1000 : code);
    } catch {
      // Closed already, or a code that may not be sent.
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.boot.now()?.sockets.closed(socket);
  }

  override async alarm(): Promise<void> {
    const services = this.boot.now() ?? (await this.boot.services().catch(() => undefined));
    if (services) return services.alarm.fire();
    await this.ctx.storage.setAlarm(Date.now() + retryMs);
  }
}
