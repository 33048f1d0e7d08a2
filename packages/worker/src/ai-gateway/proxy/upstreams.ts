/**
 * Every provider that can be reached by its own API, by the name that stands in the path. Those with a leaf in
 * `ai-gateway/providers/` take address and key from there; the rest are rows of a table: an address, and how a key is shown.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { type Managed, managedHeaders, managedUrl } from "../managed.ts";
import { baseUrlOf, type Provider } from "../provider.ts";
import type { ProviderSettings } from "../settings.ts";

/** The header that carries a key, and what stands before it. */
export interface KeyHeader {
  name: string;
  prefix: string;
}

const bearer: KeyHeader = { name: "authorization", prefix: "Bearer " };
const header = (name: string, prefix = ""): KeyHeader => ({ name, prefix });

/** A provider's own place for one request. */
export interface Upstream {
  /** As the caller named it. */
  slug: string;
  /** Whose keys are used, and under which name the call is accounted. */
  provider: string;
  label: string;
  url: URL;
  keyHeader: KeyHeader;
  /** The owner named the address. */
  named: boolean;
  needsKey: boolean;
  local: boolean;
  /** Asks Chat Completions for usage in a stream when the caller did not. */
  asksUsage: boolean;
  /** Of a gateway in between. */
  gatewayHeaders: Record<string, string> | undefined;
}

export interface CustomProvider {
  baseUrl: string;
  /** Header of the key; default `authorization` with `Bearer `. */
  keyHeader?: string | undefined;
  keyPrefix?: string | undefined;
  /** Allows `http:` and addresses that are not public. */
  local?: boolean | undefined;
  askUsage?: boolean | undefined;
}

export interface UpstreamSettings {
  leaves: readonly Provider[];
  providers: Record<string, ProviderSettings>;
  custom: Record<string, CustomProvider>;
  /** Cloudflare account for `workers-ai`; null when none is known. */
  cloudflareAccount: string | null;
  /** Set: everything but what is local leaves for Cloudflare's gateway. */
  managed: Managed | undefined;
}

/** Cloudflare's name → ours, where they differ. */
const leafOf: Readonly<Record<string, string>> = { "google-ai-studio": "google", grok: "xai" };

interface Row {
  label: string;
  baseUrl: string;
  keyHeader?: KeyHeader;
  /** Takes parts of the address out of the path. `undefined`: the path is not one of this provider's. */
  place?(path: string, settings: UpstreamSettings): { baseUrl: string; path: string } | undefined;
  asksUsage?: boolean;
}

/** A word of a host name, and nothing that could leave it. */
const word = "([a-zA-Z0-9][a-zA-Z0-9-]{0,62})";
const fromPath =
  (pattern: RegExp, made: (parts: string[]) => { baseUrl: string; path: string }) =>
  (path: string): { baseUrl: string; path: string } | undefined => {
    const match = pattern.exec(path);
    return match ? made(match.slice(1) as string[]) : undefined;
  };

/** Providers that are passed through and nothing more. */
const table: Readonly<Record<string, Row>> = {
  "perplexity-ai": { label: "Perplexity", baseUrl: "https://api.perplexity.ai", asksUsage: false },
  cerebras: { label: "Cerebras", baseUrl: "https://api.cerebras.ai/v1" },
  fireworks: { label: "Fireworks", baseUrl: "https://api.fireworks.ai/inference/v1" },
  cohere: { label: "Cohere", baseUrl: "https://api.cohere.com", asksUsage: false },
  baseten: {
    label: "Baseten",
    baseUrl: "https://inference.baseten.co/v1",
    keyHeader: header("authorization", "Api-Key "),
    place: (path) =>
      fromPath(new RegExp(`^model/${word}/(.+)$`), ([id, rest]) => ({
        baseUrl: `https://model-${id}.api.baseten.co`,
        path: rest as string,
      }))(path),
  },
  parallel: { label: "Parallel", baseUrl: "https://api.parallel.ai", keyHeader: header("x-api-key") },
  "google-vertex-ai": {
    label: "Google Vertex AI",
    baseUrl: "https://aiplatform.googleapis.com",
    place: (path) =>
      fromPath(new RegExp(`^(v1(?:beta1)?/projects/[^/]+/locations/${word}/.+)$`), ([rest, region]) => ({
        baseUrl: region === "global" ? "https://aiplatform.googleapis.com" : `https://${region}-aiplatform.googleapis.com`,
        path: rest as string,
      }))(path),
  },
  "azure-openai": {
    label: "Azure OpenAI",
    baseUrl: "https://azure.invalid",
    keyHeader: header("api-key"),
    place: fromPath(new RegExp(`^${word}/([^/]+)/(.+)$`), ([resource, deployment, rest]) => ({
      baseUrl: `https://${resource}.openai.azure.com/openai/deployments/${deployment}`,
      path: rest as string,
    })),
  },
  "aws-bedrock": {
    label: "Amazon Bedrock",
    baseUrl: "https://bedrock.invalid",
    place: fromPath(new RegExp(`^(bedrock-runtime|bedrock-agent-runtime)/${word}/(.+)$`), ([service, region, rest]) => ({
      baseUrl: `https://${service}.${region}.amazonaws.com`,
      path: rest as string,
    })),
  },
  "workers-ai": {
    label: "Workers AI",
    baseUrl: "https://api.cloudflare.com/client/v4",
    place(path, { cloudflareAccount }) {
      if (cloudflareAccount === null || !/^[a-f0-9]{32}$/i.test(cloudflareAccount)) return undefined;
      const ai = `https://api.cloudflare.com/client/v4/accounts/${cloudflareAccount}/ai`;
      return { baseUrl: path.startsWith("v1/") ? ai : `${ai}/run`, path };
    },
  },
  huggingface: {
    label: "Hugging Face",
    baseUrl: "https://router.huggingface.co/v1",
    place: (path) =>
      /^(v1\/|chat\/completions)/.test(path) ? undefined : { baseUrl: "https://router.huggingface.co/hf-inference/models", path },
  },
  replicate: { label: "Replicate", baseUrl: "https://api.replicate.com/v1" },
  fal: { label: "fal", baseUrl: "https://fal.run", keyHeader: header("authorization", "Key ") },
  ideogram: { label: "Ideogram", baseUrl: "https://api.ideogram.ai", keyHeader: header("api-key") },
  cartesia: { label: "Cartesia", baseUrl: "https://api.cartesia.ai", keyHeader: header("x-api-key") },
  deepgram: { label: "Deepgram", baseUrl: "https://api.deepgram.com", keyHeader: header("authorization", "Token ") },
  elevenlabs: { label: "ElevenLabs", baseUrl: "https://api.elevenlabs.io", keyHeader: header("xi-api-key") },
};

/** Whose path must name an address: without it there is nowhere to go. */
const placedOnly: ReadonlySet<string> = new Set(["azure-openai", "aws-bedrock", "workers-ai"]);

/** First segments of a path that lead to a provider, given the product's own providers. */
export function upstreamSlugs(leaves: readonly Pick<Provider, "id" | "dialect">[]): string[] {
  const own = leaves.filter(({ dialect }) => dialect !== "scripted").map(({ id }) => id);
  return [...own, ...Object.keys(leafOf), ...Object.keys(table)];
}

/** The name under which a provider's keys and calls go. */
export const providerIdOf = (slug: string): string => leafOf[slug] ?? slug;

/** Where a native path leads. Undefined for a provider that nobody knows. Throws INVALID_REQUEST, EGRESS_BLOCKED. */
export function findUpstream(slug: string, path: string, search: string, settings: UpstreamSettings): Upstream | undefined {
  const { managed } = settings;
  // Where a path names no resource Cloudflare's gateway finds it itself.
  const direct = findDirect(
    slug,
    path,
    search,
    managed ? { ...settings, cloudflareAccount: settings.cloudflareAccount ?? "0".repeat(32) } : settings,
  );
  if (!direct || !managed || direct.local) return direct;
  const url = managedUrl(managed, slug, path, search);
  return { ...direct, url, named: managed.named, needsKey: false, gatewayHeaders: managedHeaders(managed) };
}

function findDirect(slug: string, path: string, search: string, settings: UpstreamSettings): Upstream | undefined {
  const provider = providerIdOf(slug);
  const custom = slug.startsWith("custom-") ? settings.custom[slug.slice("custom-".length)] : undefined;
  const leaf = settings.leaves.find((one) => one.id === provider && one.dialect !== "scripted");
  const row = Object.hasOwn(table, slug) ? table[slug] : undefined;
  const override = settings.providers[provider];
  if (override?.enabled === false) return undefined;
  if (custom) return customUpstream(slug, custom, path, search);
  if (leaf) {
    const baseUrl = baseUrlOf(leaf, override?.baseUrl);
    if (baseUrl === "") return undefined;
    return {
      slug,
      provider,
      label: leaf.label,
      url: joined(baseUrl, path, search),
      keyHeader:
        leaf.dialect === "anthropic" ? header("x-api-key") : leaf.dialect === "google" ? header("x-goog-api-key") : bearer,
      named: override?.baseUrl !== undefined || leaf.local === true,
      needsKey: leaf.needsKey,
      local: leaf.local === true,
      asksUsage: leaf.id !== "mistral",
      gatewayHeaders: undefined,
    };
  }
  if (!row) return undefined;
  const placed = override?.baseUrl === undefined ? row.place?.(path, settings) : { baseUrl: override.baseUrl, path };
  if (!placed && placedOnly.has(slug))
    throw new MoltError("INVALID_REQUEST", {
      message: `${slug}: the path names no ${slug === "workers-ai" ? "account (set `gateway.cloudflare.account`)" : "resource"}`,
      hint: "Write the path as the provider's page in the guide shows it.",
    });
  return {
    slug,
    provider,
    label: row.label,
    url: joined(placed?.baseUrl ?? row.baseUrl, placed?.path ?? path, search),
    keyHeader: row.keyHeader ?? bearer,
    named: override?.baseUrl !== undefined,
    needsKey: true,
    local: false,
    asksUsage: row.asksUsage !== false,
    gatewayHeaders: undefined,
  };
}

function customUpstream(slug: string, custom: CustomProvider, path: string, search: string): Upstream {
  const url = joined(custom.baseUrl, path, search);
  if (url.protocol !== "https:" && !custom.local)
    throw new MoltError("EGRESS_BLOCKED", {
      message: `${slug} has an address without https`,
      hint: "Use https, or mark the provider as local in the settings.",
    });
  return {
    slug,
    provider: slug,
    label: slug,
    url,
    keyHeader: header(
      (custom.keyHeader ?? bearer.name).toLowerCase(),
      custom.keyPrefix ?? (custom.keyHeader ? "" : bearer.prefix),
    ),
    named: custom.local === true,
    needsKey: false,
    local: custom.local === true,
    asksUsage: custom.askUsage !== false,
    gatewayHeaders: undefined,
  };
}

const versionAtEnd = /\/v\d+[a-z]*\d*$/;
const versionAtStart = /^v\d+[a-z]*\d*\//;

/**
 * A base address and a path below it: with and without the version, and with the base's own path before it, since clients
 * differ in what they take for the base. Throws INVALID_REQUEST when the path leaves the base.
 */
function joined(baseUrl: string, path: string, search: string): URL {
  // A query may hold a caller's key, which is not kept.
  if (search !== "") return join(baseUrl, path, search);
  // Most calls go where the last one went; nobody changes these objects.
  const name = `${baseUrl} ${path}`;
  const known = joinedBefore.get(name);
  if (known) return known;
  const url = join(baseUrl, path, search);
  if (joinedBefore.size >= mostJoined) joinedBefore.clear();
  if (name.length < longestJoined) joinedBefore.set(name, url);
  return url;
}

const joinedBefore = new Map<string, URL>();
const mostJoined = 200;
const longestJoined = 500;

function join(baseUrl: string, path: string, search: string): URL {
  const base = new URL(baseUrl);
  const basePath = base.pathname.replace(/\/+$/, "");
  const clean = path.replace(/^\/+/, "");
  let full = `${basePath}/${clean}`;
  if (basePath.length > 1 && `/${clean}`.startsWith(`${basePath}/`)) full = `/${clean}`;
  else if (versionAtStart.test(clean)) full = `${basePath.replace(versionAtEnd, "")}/${clean}`;
  const url = new URL(`${base.origin}${full}${search}`);
  const root = basePath.replace(versionAtEnd, "");
  if (url.origin !== base.origin || (root !== "" && !url.pathname.startsWith(`${root}/`)))
    throw new MoltError("INVALID_REQUEST", { message: "the path leaves the provider's address" });
  return url;
}
