/** The Durable Object of one container; `stub.ts` says what it offers. It forwards: the life cycle decides, the container answers. */

import { DurableObject } from "cloudflare:workers";
import { errorToWire, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Env } from "../env.ts";
import { systemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createDatabase } from "../storage/database.ts";
import { createContainerEngine } from "./container-engine.ts";
import { createContainerHost } from "./container-host.ts";
import { createRowStore } from "./container-row.ts";
import type { ContainerSpec } from "./container-spec.ts";
import type { WayOutProps } from "./container-way-out.ts";
import { generationHeader } from "./fenced-request.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import type { ContainerStatus, Told } from "./stub.ts";

/** The Worker's own entrypoints, as `ctx.exports` offers them. */
interface Exports {
  ContainerWayOut(options: { props: WayOutProps }): Fetcher;
}

/** The assistant, as its container knows it. */
interface ContainerOwner {
  containerEnded(container: string): Promise<void>;
}

export class ContainerObject extends DurableObject<Env> {
  readonly #lifecycle: Lifecycle | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (!ctx.container) return;
    const host = env.CONTAINER_HOST && createContainerHost(env.CONTAINER_HOST, ctx.id.toString());
    this.#lifecycle = createLifecycle({
      store: createRowStore(createDatabase(ctx.storage), () => ctx.storage.sync()),
      engine: createContainerEngine(ctx.container),
      host,
      clock: systemClock,
      log: createLog(),
      startOver: (reason) => {
        ctx.abort(reason);
        throw new MoltError("CONTAINER_STALE", { message: reason });
      },
      wayOut: (egressSecret) => {
        const [assistant = "", container = ""] = (ctx.id.name ?? "").split(":");
        const props: WayOutProps = { assistant, container, secret: env.CONTAINER_HOST ? egressSecret : null };
        return (ctx.exports as unknown as Exports).ContainerWayOut({ props });
      },
      wakeAt: (dueAt) => void ctx.storage.setAlarm(dueAt),
      endedByItself: () => {
        const [assistant = "", container = ""] = (ctx.id.name ?? "").split(":");
        const owner = env.ASSISTANT.get(env.ASSISTANT.idFromString(assistant)) as unknown as ContainerOwner;
        ctx.waitUntil(owner.containerEnded(container).catch(() => undefined));
      },
    });
  }

  ensure(spec: ContainerSpec): Promise<Told<number>> {
    return told(() => this.#living().ensure(spec));
  }

  status(image: string): ContainerStatus | undefined {
    if (!this.#lifecycle) return undefined;
    const { secret: _secret, egressSecret: _egress, ...row } = this.#lifecycle.row();
    return { ...row, jobs: this.#lifecycle.jobs(), wantedImage: this.ctx.container?.images[image] ?? null };
  }

  stop(cause: string): Promise<Told<void>> {
    return told(() => this.#living().stop(cause));
  }

  remove(): Promise<Told<void>> {
    return told(() => this.#living().remove());
  }

  lines(): Promise<Told<string[]>> {
    return told(() => this.#living().lines());
  }

  override async fetch(request: Request): Promise<Response> {
    try {
      return await this.#living().forward(Number(request.headers.get(generationHeader)), request);
    } catch (thrown) {
      return Response.json(
        { error: errorToWire(moltErrorFrom(thrown)) },
        { status: 503, headers: { "x-moltworker-refused": "yes" } },
      );
    }
  }

  override async alarm(): Promise<void> {
    await this.#lifecycle?.tick();
  }

  #living(): Lifecycle {
    if (this.#lifecycle) return this.#lifecycle;
    throw new MoltError("CONTAINER_ENGINE_MISSING", {
      message: "this deployment has no containers",
      hint: "Run the assistant on a machine with a Docker Engine to have them.",
    });
  }
}

async function told<Value>(work: () => Promise<Value>): Promise<Told<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    return { ok: false, error: errorToWire(moltErrorFrom(thrown)) };
  }
}
