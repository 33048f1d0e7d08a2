/**
 * The AI gateway's HTTP face: native paths, the universal request and the unified paths, at our own host and in Cloudflare's
 * long form. It finds out who calls and what is wanted, and hands it to the pipeline.
 *
 * It is made by the Assistant object and works on that object's memory, inside it or at the front beside it (`front-desk.ts`).
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { addressOf as clientAddressOf } from "../../auth/address.ts";
import { createId } from "../../platform/id.ts";
import { type Caller, type CallerDirectory, needsRow } from "../governor/governor.ts";
import { cloudflareKeyId, type ManagedSettings, managedFrom } from "../managed.ts";
import type { Provider } from "../provider.ts";
import type { ProviderSettings } from "../settings.ts";
import { unifiedTarget as makeUnifiedTarget } from "../translate/unified.ts";
import { type Address, type Located, locate, type Place } from "./address.ts";
import { type Bytes, type CallBody, readCallBody } from "./call-body.ts";
import { type Credentials, credentialsOf, sameSecret, shownIn } from "./credentials.ts";
import type { AtFront } from "./front-desk.ts";
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
  /** Throws only what `instead` throws. `place` is the request's. */
  fetch(request: Request, place: Place, how?: How): Promise<Response>;
}

export interface How {
  /** The request comes from inside and carries no credential. */
  as?: Repeat;
  /** Not in the object: what its memory does not tell is asked of `instead`, with the body if it was read. */
  atFront?: AtFront;
  instead?(body: Bytes | undefined): Promise<Response>;
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
    async fetch(request, place, how = {}) {
      const face = new Face(deps, how);
      try {
        return await (await face.called(request, place)).run();
      } catch (thrown) {
        // Before it was admitted nothing has happened. Refusals are the object's too: it has the words and the log.
        if (how.instead) return how.instead(face.read);
        const error = moltErrorFrom(thrown);
        if (error !== thrown) deps.log.error("gateway.failed", { error: thrown });
        return refusalAnswer(error, knownRefusal(error));
      }
    },
  };
}

class Face {
  /** The body as it came, once it was read. */
  read: Bytes | undefined;
  private readonly deps: ProxyDeps;
  private readonly how: How;

  constructor(deps: ProxyDeps, how: How) {
    this.deps = deps;
    this.how = how;
  }

  /** The call, ready to run. Throws MoltError. */
  async called(request: Request, place: Place): Promise<CallRun> {
    const { deps } = this;
    const { as, atFront } = this.how;
    const settings = deps.settings();
    const located = locate(place.pathname);
    const headers = recordFrom(request.headers);
    const credentials = as ? { bearer: "", ownKey: null } : credentialsOf(headers);
    const caller = as?.caller ?? deps.callers.known(credentials.bearer) ?? (await this.callerOf(request, credentials.bearer));
    if (located.gateway !== null && !settings.names.includes(located.gateway)) throw noGateway(located.gateway);
    const options = optionsFromHeaders(headers);
    const incoming: Incoming = { request, headers, place, located, credentials, options, settings };
    if (atFront) this.checkAtFront(incoming);
    const { targets, warnings } = await this.targetsOf(incoming);
    if (atFront && !targets.every(({ upstream }) => deps.keys.isRead(upstream.provider))) throw needsRow;
    const affinity = headers["x-session-affinity"]?.slice(0, 200);
    return new CallRun(deps, {
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
      atFront,
    });
  }

  private callerOf(request: Request, bearer: string): Promise<Caller> {
    if (this.how.atFront) throw needsRow;
    return this.deps.callers.callerFor(bearer, () => clientAddressOf(request));
  }

  /** Caches, records of bodies and choices among keys are rows of the object's, and what it has not read yet only it can read. */
  private checkAtFront({ located, options, settings }: Incoming): void {
    const { keys, governor } = this.deps;
    const caches = !options.skipCache && ((options.cacheTtl ?? settings.cacheSeconds) > 0 || options.cacheKey !== undefined);
    const needsRows = caches || options.keyAlias !== undefined || governor.wantsBodies();
    if (located.address.kind === "universal" || needsRows || !keys.isRead(cloudflareKeyId)) throw needsRow;
  }

  private async readWhole(incoming: Incoming, mustHold: boolean): Promise<CallBody> {
    const body = await readCallBody(incoming.request, incoming.headers, this.mostBytes(incoming), mustHold);
    this.read = body.bytes ?? undefined;
    return body;
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
    const body = await this.readWhole(incoming, true);
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
    const { credentials, options } = incoming;
    const body = await this.readWhole(incoming, true);
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
    if (this.how.atFront && !this.deps.keys.isRead(provider)) throw needsRow;
    const pool = credentials.ownKey === null && this.deps.keys.pick(provider).length > 1;
    const mustHold = retries || caches || options.cacheKey !== undefined || pool || this.deps.governor.wantsBodies();
    return this.readWhole(incoming, mustHold);
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
  if (details.refusal === "gateway") return noSuchGateway;
  if (details.refusal === "prefix") return noModelPrefix;
  return details.refusal === "cannot run" ? cannotRun : undefined;
}

function noGateway(name: string): MoltError {
  return new MoltError("NOT_FOUND", {
    message: `there is no gateway "${name.slice(0, 64)}"`,
    hint: "Use one of the names in the settings (`gateway.names`).",
    details: { refusal: "gateway" },
  });
}
