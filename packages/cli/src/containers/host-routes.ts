/**
 * What the container objects ask the supervisor: is there an engine, make room for a generation, how did the last one end.
 * It also keeps the leases: a container that no object has named for a while is nobody's, and goes.
 */

import { isMoltError } from "@moltworker/protocol/errors";
import { engineName } from "./container-names.ts";
import { type ContainerPolicy, egressMark, networkContainer } from "./create-policy.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { answersAt, untilItAnswers } from "./network-port.ts";
import { exitFacts, listOwned, type OwnedContainer, removeContainer } from "./owned-containers.ts";

export interface HostRoutes {
  handle(url: URL, body: string): Promise<unknown>;
  /** Docker's bridge network as workerd wants it: with a gateway. */
  bridge(): Promise<unknown>;
  policyOf(object: string): ContainerPolicy | undefined;
  networkImage: string;
  /** The engine's account of a networking container, as workerd has just read it. */
  networkSeen(inspected: string): void;
  forget(): void;
  /** Until `forget`, nothing that runs is ended: a runtime that ends takes its containers along, and the next one takes them up. */
  hold(): void;
  isHeld(): boolean;
  /** Renews the lease of an object's containers. */
  touch(object: string): void;
  /** Removes what nobody has touched since the last two rounds; returns the objects whose containers went. */
  sweep(): Promise<string[]>;
  removeAll(): Promise<void>;
}

export interface HostRoutesOptions {
  engine: DockerEngine;
  owner: string;
  images: Record<string, string>;
  /** Milliseconds without a word from its object after which a container is an orphan. */
  leaseMs: number;
  onUse(): void;
}

/** A network without its container waits this long for the next: with it a start takes half the time. */
const networkIdleMs = 3_600_000;
const networkStartMs = 15_000;
/** An image that was there a moment ago is not asked for again; one that was missing is. */
const imageFactsMs = 30_000;

const objectPath = /^\/moltworker\/containers\/([0-9a-f]{64})(?:\/(prepare|remove))?$/;

export function createHostRoutes({ engine, owner, images, leaseMs, onUse }: HostRoutesOptions): HostRoutes {
  const policies = new Map<string, ContainerPolicy>();
  /** workerd goes on using the port of a network that it has made: one made in its place listens there too. */
  const networks = new Map<string, { port: string; command: string[] }>();
  const networkImage = images.sidecar ?? "";
  const touchedAt = new Map<string, number>();
  const imageSeenAt = new Map<string, number>();
  let isHeld = false;
  const startedAt = Date.now();
  const touch = (object: string) => void touchedAt.set(object, Date.now());

  /** Room for a generation: nothing of an older one is left when this returns. */
  async function prepare(object: string, policy: ContainerPolicy): Promise<{ ok: true }> {
    onUse();
    policies.set(object, policy);
    let isThere = false;
    for (const container of await listOwned(engine, owner, object)) {
      const keep = container.role === "network" && container.running && container.egressMark === egressMark(policy);
      if (keep) isThere = true;
      else await removeContainer(engine, container.id);
    }
    if (!isThere) await remakeNetwork(object, policy);
    return { ok: true };
  }

  async function remakeNetwork(object: string, policy: ContainerPolicy): Promise<void> {
    const known = networks.get(object);
    if (!known) return;
    const network = engineName(owner, { object, isNetwork: true });
    const body = networkContainer(networkImage, known.command, policy, { owner, object, network }, known.port);
    const made = await engine.json<{ Id: string }>("POST", `/containers/create?name=${network}`, body);
    await engine.json("POST", `/containers/${made?.Id}/start`);
    // workerd speaks to it at once, and takes silence for an end.
    await untilItAnswers(known.port, networkStartMs);
  }

  async function isPresent(image: string): Promise<boolean> {
    if (Date.now() - (imageSeenAt.get(image) ?? 0) < imageFactsMs) return true;
    const { status } = await engine.call("GET", `/images/${encodeURIComponent(image)}/json`);
    if (status === 200) imageSeenAt.set(image, Date.now());
    return status === 200;
  }

  /** What nobody has named for a while; a network whose container sleeps is kept for its next, and told so. */
  async function sweep(): Promise<string[]> {
    const owned = await listOwned(engine, owner);
    const idle = (object: string) => Date.now() - (touchedAt.get(object) ?? startedAt);
    const kept = new Set<string>();
    for (const { id, object, role, running, port } of owned) {
      const isAlone = !owned.some((other) => other.object === object && other.role === "app");
      if (role !== "network" || !running || !isAlone || !port || idle(object) > networkIdleMs) continue;
      if (await answersAt(port)) kept.add(id);
    }
    return remove(({ id, object }) => !kept.has(id) && idle(object) > leaseMs);
  }

  async function remove(isMeant: (container: OwnedContainer) => boolean): Promise<string[]> {
    const removed = new Set<string>();
    for (const container of await listOwned(engine, owner)) {
      if (!isMeant(container)) continue;
      await removeContainer(engine, container.id);
      removed.add(container.object);
    }
    return [...removed];
  }

  async function engineFacts(asked: string | null): Promise<unknown> {
    try {
      const version = await engine.json<{ Version: string }>("GET", "/version");
      const present = await Promise.all(
        // A newer build of the Worker may name an image that this supervisor was not started with.
        [...Object.entries(images), ...(asked === null ? [] : [["asked", asked] as const])].map(async ([name, image]) => ({
          name,
          image,
          present: await isPresent(image),
        })),
      );
      return { available: true, version: version?.Version ?? "unknown", images: present };
    } catch (error) {
      if (!isMoltError(error)) throw error;
      return { available: false, cause: error.message, cure: error.hint, images: [] };
    }
  }

  return {
    touch,
    networkImage,
    networkSeen(inspected) {
      const { Config, NetworkSettings } = JSON.parse(inspected) as InspectedNetwork;
      const [object, port] = [Config.Labels["moltworker.object"], NetworkSettings.Ports["39001/tcp"]?.[0]?.HostPort];
      if (object && port) networks.set(object, { port, command: Config.Cmd ?? [] });
    },
    forget() {
      networks.clear();
      isHeld = false;
    },
    hold() {
      isHeld = true;
    },
    isHeld: () => isHeld,
    policyOf: (object) => policies.get(object),
    async handle(url, body) {
      if (url.pathname === "/moltworker/engine") return engineFacts(url.searchParams.get("image"));
      const [, object, verb] = objectPath.exec(url.pathname) ?? [];
      if (!object) throw new Error(`there is nothing at ${url.pathname}`);
      touch(object);
      if (verb === "prepare") return prepare(object, JSON.parse(body) as ContainerPolicy);
      if (verb === "remove" && isHeld) return { removed: [] };
      if (verb === "remove") return { removed: await remove((other) => other.object === object && other.role === "app") };
      return exitFacts(engine, owner, object);
    },
    async bridge() {
      const network = await engine.json<BridgeNetwork>("GET", "/networks/bridge");
      for (const config of network?.IPAM?.Config ?? []) config.Gateway ??= firstAddress(config.Subnet);
      return network ?? {};
    },
    sweep,
    async removeAll() {
      await remove(() => true);
    },
  };
}

interface InspectedNetwork {
  Config: { Labels: Record<string, string>; Cmd?: string[] };
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | undefined> };
}

interface BridgeNetwork {
  IPAM?: { Config?: { Subnet: string; Gateway?: string }[] };
}

/** On an engine's first start its bridge names no gateway, and workerd cannot do without: it is the subnet's first address. */
function firstAddress(subnet: string): string {
  return subnet.replace(/\.\d+\/\d+$/, ".1");
}
