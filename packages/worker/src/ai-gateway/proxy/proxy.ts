/**
 * The AI gateway's HTTP face: native paths, the universal request and the unified paths, at our own host and in Cloudflare's
 * long form. It finds out who calls and what is wanted, and hands it to the pipeline.
 *
 * It runs whole inside the Assistant object. Measured in raw workerd, the hop from the stateless front costs about a fifth more
 * processor time than answering there, but asking the object to admit and to settle from the front costs two calls of about the
 * same price each, and every chunk that JavaScript touches costs the same in either place.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { addressOf as clientAddressOf } from "../../auth/address.ts";
import { createId } from "../../platform/id.ts";
import type { Caller, CallerDirectory } from "../governor/governor.ts";
import { cloudflareKeyId, type ManagedSettings, managedFrom } from "../managed.ts";
import type { Provider } from "../provider.ts";
import type { ProviderSettings } from "../settings.ts";
import { unifiedTarget as makeUnifiedTarget } from "../translate/unified.ts";
import { type Address, type Located, locate, type Place } from "./address.ts";
import { type CallBody, readCallBody } from "./call-body.ts";
import { type Credentials, credentialsOf, sameSecret, shownIn } from "./credentials.ts";
import { type HeaderRecord, recordFrom } from "./headers.ts";
import { type CallOptions, optionsFromHeaders, withConfig } from "./options.ts";
import { CallRun } from "./pipeline.ts";
import { badEndpoint, type Target, targetFrom } from "./plan.ts";
import { badProvider, cannotRun, noModelPrefix, noSuchGateway, refusalAnswer } from "./refusals.ts";
import type { PipelineDeps } from "./target-tries.ts";
import { universalElements } from "./universal.ts";
import { type CustomProvider, findUpstream, type UpstreamSettings } from "./upstreams.ts";

export interface ProxySettings extends ManagedSettings {
  names: string[];
  custom: Record<string, CustomProvider>;
  retry: { attempts: number; delayMs: number; backoff: "constant" | "linear" | "exponential" };
  cacheSeconds: number;
  /** Seconds. */
  timeouts: { firstByte: number; idle: number; total: number };
  maxBodyMb: number;
}

export interface ProxyDeps extends PipelineDeps {
  leaves: readonly Provider[];
  callers: CallerDirectory;
  settings(): ProxySettings;
  providerSettings(): Record<string, ProviderSettings>;
}

export interface Proxy {
  /** Never throws. `place` is the request's; with `as` the request comes from inside and carries no credential. */
  fetch(request: Request, place: Place, as?: Repeat): Promise<Response>;
}

/** A call from inside: of a hosted program, or a logged one made again by the owner. */
export interface Repeat {
  caller: Caller;
  replayOf?: string;
}

/** What a request is before its targets are known. */
interface Incoming {
  request: Request;
  headers: HeaderRecord;
  place: Place;
  located: Located;
  credentials: Credentials;
  options: CallOptions;
  settings: ProxySettings;
}

export function createProxy(deps: ProxyDeps): Proxy {
  return {
    async fetch(request, place, as) {
      try {
        return await new Face(deps).answer(request, place, as);
      } catch (thrown) {
        const error = moltErrorFrom(thrown);
        if (error !== thrown) deps.log.error("gateway.failed", { error: thrown });
        return refusalAnswer(error, knownRefusal(error));
      }
    },
  };
}

class Face {
  private readonly deps: ProxyDeps;

  constructor(deps: ProxyDeps) {
    this.deps = deps;
  }

  async answer(request: Request, place: Place, as?: Repeat): Promise<Response> {
    const { deps } = this;
    const settings = deps.settings();
    const located = locate(place.pathname);
    const headers = recordFrom(request.headers);
    const credentials = as ? { bearer: "", ownKey: null } : credentialsOf(headers);
    const caller = as?.caller ?? (await deps.callers.callerFor(credentials.bearer, () => clientAddressOf(request)));
    if (located.gateway !== null && !settings.names.includes(located.gateway)) return noGateway(located.gateway);
    const options = optionsFromHeaders(headers);
    const incoming: Incoming = { request, headers, place, located, credentials, options, settings };
    const { targets, warnings } = await this.targetsOf(incoming);
    const affinity = headers["x-session-affinity"]?.slice(0, 200);
    const run = new CallRun(deps, {
      callId: createId("gw", deps.clock.now()),
      caller: affinity
        ? { ...caller, sessionKey: caller.sessionKey ?? `${caller.tokenId ?? caller.tenant}/${affinity}` }
        : caller,
      targets,
      ...(as?.replayOf === undefined ? {} : { replayOf: as.replayOf }),
      settings: pipelineSettings(settings),
      signal: request.signal,
      isClientRetry: Number(headers["x-stainless-retry-count"] ?? 0) > 0,
      userAgent: headers["user-agent"]?.slice(0, 300),
      warnings,
    });
    return run.run();
  }

  private async targetsOf(incoming: Incoming): Promise<{ targets: [Target, ...Target[]]; warnings: string[] }> {
    const { address } = incoming.located;
    if (address.kind === "native")
      return { targets: [await this.nativeTarget(incoming, address.slug, address.path)], warnings: [] };
    if (address.kind === "universal") return { targets: await this.universalTargets(incoming), warnings: [] };
    if (address.kind === "unified") return { targets: [await this.unifiedTarget(incoming, address)], warnings: [] };
    throw badEndpoint(address.path);
  }

  private async unifiedTarget(incoming: Incoming, address: Extract<Address, { kind: "unified" }>): Promise<Target> {
    const body = await readCallBody(incoming.request, incoming.headers, this.mostBytes(incoming), true);
    return makeUnifiedTarget({
      ...address,
      step: 0,
      json: body.json,
      headers: incoming.headers,
      ownKey: incoming.credentials.ownKey,
      options: incoming.options,
      settings: this.upstreamSettings(incoming),
      clock: this.deps.clock,
    });
  }

  private async nativeTarget(incoming: Incoming, slug: string, path: string): Promise<Target> {
    const { request, headers, place, credentials, options } = incoming;
    const search = withoutSecret(place, credentials.bearer);
    const upstream = findUpstream(slug, path, search, this.upstreamSettings(incoming));
    if (!upstream) throw badEndpoint(slug);
    const body = await this.readBody(incoming, upstream.provider);
    return targetFrom({
      step: 0,
      upstream,
      endpoint: `${path}${search}`,
      method: request.method,
      headers,
      ownKey: credentials.ownKey,
      ...body,
      options,
    });
  }

  private async universalTargets(incoming: Incoming): Promise<[Target, ...Target[]]> {
    const { request, credentials, options } = incoming;
    const body = await readCallBody(request, incoming.headers, this.mostBytes(incoming), true);
    const targets = universalElements(body.json).map((element, step) => {
      const shown = shownIn(element.headers);
      const ownKey = shown && !sameSecret(shown.value, credentials.bearer) ? shown : null;
      const elementOptions = withConfig(withElementHeaders(options, element.headers), element.config);
      if (element.provider === "compat") {
        const settings = this.upstreamSettings(incoming);
        const { json, headers } = element;
        const { clock } = this.deps;
        return makeUnifiedTarget({
          step,
          dialect: "chat",
          needsPrefix: true,
          json,
          headers,
          ownKey,
          options: elementOptions,
          settings,
          clock,
        });
      }
      const [path = "", query] = element.endpoint.split("?", 2);
      const search = query === undefined ? "" : `?${query}`;
      const upstream = findUpstream(element.provider, path, search, this.upstreamSettings(incoming));
      if (!upstream) throw badEndpoint(element.provider);
      return targetFrom({
        step,
        upstream,
        endpoint: element.endpoint,
        method: "POST",
        headers: element.headers,
        ownKey,
        bytes: element.body,
        stream: null,
        json: element.json,
        options: elementOptions,
      });
    });
    return targets as [Target, ...Target[]];
  }

  private readBody(incoming: Incoming, provider: string): Promise<Pick<CallBody, "bytes" | "stream" | "json">> {
    const { options, settings, credentials } = incoming;
    const retries = (options.maxAttempts ?? settings.retry.attempts) > 1;
    const caches = !options.skipCache && (options.cacheTtl ?? settings.cacheSeconds) > 0;
    const pool = credentials.ownKey === null && this.deps.keys.pick(provider).length > 1;
    const mustHold = retries || caches || options.cacheKey !== undefined || pool || this.deps.governor.wantsBodies();
    return readCallBody(incoming.request, incoming.headers, this.mostBytes(incoming), mustHold);
  }

  private mostBytes({ settings }: Incoming): number {
    return Math.floor(settings.maxBodyMb * 1_048_576);
  }

  private upstreamSettings({ settings, located }: Incoming): UpstreamSettings {
    return {
      leaves: this.deps.leaves,
      providers: this.deps.providerSettings(),
      custom: settings.custom,
      cloudflareAccount: settings.cloudflare.account ?? located.account,
      managed: managedFrom(settings, this.deps.keys.pick(cloudflareKeyId)[0]?.value),
    };
  }
}

/** An element's own `cf-aig-*` headers over the request's. */
function withElementHeaders(options: CallOptions, headers: HeaderRecord): CallOptions {
  if (!Object.keys(headers).some((name) => name.startsWith("cf-"))) return options;
  const own = optionsFromHeaders(headers);
  const said = Object.entries(own).filter(([name, value]) => {
    if (name === "skipCache") return "cf-aig-skip-cache" in headers || "cf-skip-cache" in headers;
    if (name === "metadata") return "cf-aig-metadata" in headers;
    return value !== undefined;
  });
  return { ...options, ...Object.fromEntries(said) };
}

/** The query as it may travel on: clients of Google's put the key there, and ours must not leave. */
function withoutSecret({ search }: Place, bearer: string): string {
  if (!search.includes("key")) return search;
  const query = new URLSearchParams(search);
  for (const [name, value] of [...query]) if (value === bearer) query.delete(name);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function pipelineSettings({ retry, cacheSeconds, timeouts }: ProxySettings) {
  const { firstByte, idle, total } = timeouts;
  return { retry, cacheSeconds, timeouts: { firstByteMs: firstByte * 1_000, idleMs: idle * 1_000, totalMs: total * 1_000 } };
}

/** Refusals that Cloudflare has a number of its own for. */
function knownRefusal({ details }: MoltError) {
  if (details.slug !== undefined) return badProvider;
  if (details.refusal === "prefix") return noModelPrefix;
  return details.refusal === "cannot run" ? cannotRun : undefined;
}

function noGateway(name: string): Response {
  const message = `there is no gateway "${name.slice(0, 64)}"`;
  return refusalAnswer(
    new MoltError("NOT_FOUND", { message, hint: "Use one of the names in the settings (`gateway.names`)." }),
    noSuchGateway,
  );
}
