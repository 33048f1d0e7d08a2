/**
 * The supervisor's side of containers on one machine: it can see and end what the runtime has lost sight of. Absent on
 * Cloudflare, where the platform keeps one container an object.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { ContainerSpec } from "./container-spec.ts";

export interface EngineFacts {
  available: boolean;
  version?: string;
  cause?: string;
  cure?: string;
  images: { name: string; image: string; present: boolean }[];
}

export interface ExitFacts {
  exists: boolean;
  running: boolean;
  generation: number;
  exitCode: number | null;
  outOfMemory: boolean;
  error: string;
  lines: string[];
}

export interface GenerationOrder {
  generation: number;
  image: string;
  spec: ContainerSpec;
  egressSecret: string;
}

export interface ContainerHost {
  /** With an image: whether that one is there too, whatever the supervisor was started with. */
  engine(image?: string): Promise<EngineFacts>;
  /** Nothing of an older generation is left when this returns, and the engine knows what the next may be. */
  prepare(order: GenerationOrder): Promise<void>;
  /** How it stands or ended. Renews the lease of the container. */
  facts(): Promise<ExitFacts>;
  remove(): Promise<void>;
}

/** `objectId`: the container object's own id, by which the supervisor names its containers. */
export function createContainerHost(fetcher: Fetcher, objectId: string): ContainerHost {
  async function ask<Value>(method: string, path: string, body?: unknown): Promise<Value> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetcher.fetch(`http://container-host/moltworker${path}`, init).catch((error: unknown) => {
      throw new MoltError("CONTAINER_ENGINE_MISSING", {
        message: "the supervisor does not answer about containers",
        cause: error,
      });
    });
    const value = (await answer.json()) as { message?: string; hint?: string; code?: string };
    if (answer.ok) return value as Value;
    const code = value.code === "CONTAINER_ENGINE_MISSING" ? value.code : "CONTAINER_FAILED";
    throw new MoltError(code, {
      message: value.message ?? "the Docker Engine refused",
      ...(value.hint ? { hint: value.hint } : {}),
    });
  }
  const own = `/containers/${objectId}`;

  return {
    engine: (image) => ask("GET", image ? `/engine?image=${encodeURIComponent(image)}` : "/engine"),
    async prepare({ generation, image, spec, egressSecret }) {
      const { memoryMiB, cpus, processes, diskMiB } = spec.limits;
      const { writable, capabilities, egress } = spec;
      const policy = { memoryMiB, cpus, processes, diskMiB, writable, capabilities };
      await ask("POST", `${own}/prepare`, { ...policy, generation, image, egress: { ...egress, secret: egressSecret } });
    },
    facts: () => ask("GET", own),
    async remove() {
      await ask("POST", `${own}/remove`);
    },
  };
}
