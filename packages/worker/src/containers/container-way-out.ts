/**
 * Where requests of a container arrive that its network hands to the assistant: to models, and to names whose credential the
 * owner keeps. The container is known by its network's secret, which it has never seen itself.
 */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "../env.ts";

export interface WayOutProps {
  /** Id of the assistant object. */
  assistant: string;
  /** Id of the container, as the surfaces name it. */
  container: string;
  /** What the container's own network sends along; null where the platform is the network. */
  secret: string | null;
}

interface Receiver {
  fromContainer(container: string, request: Request): Promise<Response>;
}

export class ContainerWayOut extends WorkerEntrypoint<Env, WayOutProps> {
  override async fetch(request: Request): Promise<Response> {
    const { assistant, container, secret } = this.ctx.props;
    const headers = new Headers(request.headers);
    if (secret !== null && !sameText(headers.get("x-moltworker-egress") ?? "", secret))
      return Response.json({ error: { message: "this is not the container's own network" } }, { status: 403 });
    headers.delete("x-moltworker-egress");
    const receiver = this.env.ASSISTANT.get(this.env.ASSISTANT.idFromString(assistant)) as unknown as Receiver;
    // Made anew: the signal of the one that came cannot travel.
    const { method, body, url } = request;
    return receiver.fromContainer(container, new Request(url, { method, headers, body }));
  }
}

/** In time that tells nothing about where they differ. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => new TextEncoder().encode(text));
  if (!left || !right || left.length !== right.length) return false;
  return crypto.subtle.timingSafeEqual(left, right);
}
