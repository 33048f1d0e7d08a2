/** The assistant's containers, seen from the assistant: one object each, spoken to by the name of its image. */

import type { ContainerInfo, ContainersReport } from "@moltworker/protocol/containers";
import { errorFromWire, MoltError, type WireError } from "@moltworker/protocol/errors";
import type { EngineFacts } from "./container-host.ts";
import type { ContainerSpec } from "./container-spec.ts";
import { type Credentials, unknownHost } from "./credentials.ts";
import { generationHeader } from "./fenced-request.ts";
import type { ContainerStub, Told } from "./stub.ts";

export interface ContainerKind {
  /** As the surfaces name it: `sandbox`. */
  id: string;
  title: string;
  /** From the settings of this moment. */
  spec(): ContainerSpec;
  /** Absent: it needs nothing but to run. */
  hosting?: {
    /** Whether it is asked for at all; what is not is not listed. */
    isWanted(): boolean;
    /** What is known of it beyond the container. */
    overlay(info: ContainerInfo): ContainerInfo;
    /** Before it is ended: what is in it is kept elsewhere. False: it hangs, and nothing is to be waited for. Never rejects. */
    settle(reason: string): Promise<boolean>;
    /** Somebody stopped it: it stays so until it is used. */
    rest(): void;
    /** Up and of use, not merely running. */
    start(): Promise<number>;
  };
}

export interface Containers {
  /** How everything stands; starts nothing. */
  report(): Promise<ContainersReport>;
  /** Why no container can be had; undefined when one can. Asked anew at most every few seconds. */
  missing(id?: string): Promise<MoltError | undefined>;
  /** The generation that is ready, started if need be. Throws CONTAINER_*. */
  ensure(id: string): Promise<number>;
  /** A request to one generation. Throws CONTAINER_STALE when another lives; other statuses are the container's own. */
  fetch(id: string, generation: number, path: string, init?: RequestInit | Request): Promise<Response>;
  /** Stops it and starts it anew. */
  restart(id: string): Promise<number>;
  stop(id: string): Promise<void>;
  /** Ends it at once; whatever was in it alone is gone. */
  remove(id: string): Promise<void>;
  lines(id: string): Promise<string[]>;
  credentials: {
    /** Without a value it is forgotten. Throws NOT_FOUND for a host that the settings do not name. */
    keep(host: string, value: string | undefined): void;
    add: Credentials["add"];
    remove: Credentials["remove"];
    list: Credentials["list"];
  };
}

export interface ContainersDeps {
  namespace: DurableObjectNamespace | undefined;
  /** What the supervisor says of its Docker Engine; undefined where no supervisor stands behind the containers. */
  engine: (() => Promise<EngineFacts>) | undefined;
  /** Tells the assistants of one deployment apart. */
  assistantId: string;
  kinds: readonly ContainerKind[];
  credentials: Credentials;
  enabled(): boolean;
  now(): number;
}

const factsMs = 5_000;

export function createContainers(deps: ContainersDeps): Containers {
  const { namespace, engine: askEngine, assistantId, kinds, credentials, enabled, now } = deps;
  let facts: { at: number; value: Promise<EngineFacts | undefined> } | undefined;

  function kindOf(id: string): ContainerKind {
    const kind = kinds.find((candidate) => candidate.id === id);
    if (kind) return kind;
    throw new MoltError("NOT_FOUND", {
      message: `there is no container "${id.slice(0, 60)}"`,
      hint: `The containers are ${kinds.map((known) => known.id).join(", ")}.`,
    });
  }
  function stubOf(id: string): ContainerStub {
    if (!namespace) throw new MoltError("CONTAINER_ENGINE_MISSING", { message: "this deployment has no containers" });
    return namespace.getByName(`${assistantId}:${kindOf(id).id}`) as unknown as ContainerStub;
  }
  async function engineFacts(): Promise<EngineFacts | undefined> {
    if (!namespace || !askEngine) return undefined;
    if (!facts || now() - facts.at > factsMs) facts = { at: now(), value: askEngine() };
    return facts.value;
  }
  /** Without an engine the runtime cannot even make the object, and says so in words of its own: these are ours. */
  async function reached<Value>(call: () => Promise<Value>): Promise<Value> {
    try {
      return await call();
    } catch (thrown) {
      throw (await missing()) ?? thrown;
    }
  }

  async function missing(id: string = kinds[0]?.id ?? ""): Promise<MoltError | undefined> {
    if (!enabled())
      return new MoltError("CONTAINER_ENGINE_MISSING", {
        message: "containers are switched off",
        hint: "Switch them on under Settings, Containers.",
      });
    if (!namespace)
      return new MoltError("CONTAINER_ENGINE_MISSING", {
        message: "this deployment has no containers",
        hint: "Run the assistant on a machine with a Docker Engine to have them.",
      });
    if (!askEngine) return undefined;
    const engine = await engineFacts().catch((error: unknown) =>
      error instanceof MoltError ? error : new MoltError("CONTAINER_ENGINE_MISSING", { cause: error }),
    );
    if (engine instanceof MoltError) return engine;
    if (engine && !engine.available)
      return new MoltError("CONTAINER_ENGINE_MISSING", {
        ...(engine.cause ? { message: engine.cause } : {}),
        ...(engine.cure ? { hint: engine.cure } : {}),
      });
    const needed = ["sidecar", kindOf(id).spec().image];
    const absent = engine?.images.find((image) => !image.present && needed.includes(image.name));
    return absent && new MoltError("CONTAINER_IMAGE_MISSING", { message: `the image ${absent.image} is not on this machine` });
  }

  async function infoOf(kind: ContainerKind, engineAnswers: boolean): Promise<ContainerInfo> {
    const spec = kind.spec();
    const status = namespace && engineAnswers ? await stubOf(kind.id).status(spec.image) : undefined;
    const runs = status && (status.state === "ready" || status.state === "starting" || status.state === "draining");
    const info: ContainerInfo = {
      id: kind.id,
      title: kind.title,
      state: status?.state ?? "absent",
      stage: status?.stage ?? null,
      generation: status?.generation ?? 0,
      since: status?.since ?? 0,
      lastUsedAt: status?.lastUsedAt ?? 0,
      reason: status?.reason ?? null,
      runningImage: runs ? status.image : null,
      wantedImage: status?.wantedImage ?? null,
      waiting: status?.waiting ?? null,
      jobs: status?.jobs ?? 0,
      limits: spec.limits,
      allow: spec.egress.allow,
    };
    return kind.hosting?.overlay(info) ?? info;
  }

  const listed = () => kinds.filter((kind) => kind.hosting?.isWanted() ?? true);

  async function ensure(id: string): Promise<number> {
    const why = enabled() ? undefined : await missing(id);
    if (why) throw why;
    const ask = () => stubOf(id).ensure(kindOf(id).spec());
    // An object that started over breaks the call; its next life answers.
    return reached(async () => untold(await ask().catch(ask)));
  }

  return {
    missing,
    ensure,
    async report() {
      const why = await missing();
      const engine = await engineFacts().catch(() => undefined);
      return {
        available: why === undefined,
        engine: namespace ? (askEngine ? "docker" : "cloudflare") : null,
        engineVersion: engine?.version ?? null,
        cause: why?.message ?? null,
        cure: why?.hint ?? null,
        credentials: credentials.list(),
        containers: await Promise.all(listed().map((kind) => infoOf(kind, !askEngine || engine?.available === true))),
      };
    },
    async fetch(id, generation, path, init = {}) {
      const request = new Request(`http://container${path}`, init);
      request.headers.set(generationHeader, String(generation));
      const answer = await reached(() => stubOf(id).fetch(request));
      if (answer.headers.get("x-moltworker-refused") !== "yes") return answer;
      throw errorFromWire(((await answer.json()) as { error: unknown }).error);
    },
    async restart(id) {
      const { hosting } = kindOf(id);
      const answers = (await hosting?.settle("before a restart")) ?? true;
      await reached(async () => untold(await (answers ? stubOf(id).stop("restart") : stubOf(id).remove())));
      return hosting ? hosting.start() : ensure(id);
    },
    async stop(id) {
      const { hosting } = kindOf(id);
      await hosting?.settle("before it was stopped");
      hosting?.rest();
      await reached(async () => untold(await stubOf(id).stop("asked")));
    },
    remove: (id) => reached(async () => untold(await stubOf(id).remove())),
    lines: (id) => reached(async () => untold(await stubOf(id).lines())),
    credentials: {
      keep(host, value) {
        if (value === undefined) return credentials.delete(host);
        if (credentials.list().some((rule) => rule.host === host)) return credentials.set(host, value);
        throw unknownHost(host);
      },
      add: credentials.add,
      remove: credentials.remove,
      list: credentials.list,
    },
  };
}

function untold<Value>(told: Told<Value>): Value {
  if (told.ok) return told.value;
  throw errorFromWire(told.error satisfies WireError);
}
