/**
 * Cloudflare's own gateway in the place of the providers: one setting, and every call of the assistant and of its callers leaves
 * for it. Its token goes along; a provider's key only when there is one here, else its stored keys or its billing pay.
 */

export interface Managed {
  /** `https://gateway.ai.cloudflare.com/v1/{account}/{gateway}` */
  base: string;
  token: string | undefined;
  /** The owner named another address than Cloudflare's. */
  named: boolean;
}

export interface ManagedSettings {
  mode: "embedded" | "cloudflare";
  cloudflare: { account: string | null; gateway: string; url: string };
}

/** The provider under whose name the token is kept among the keys. */
export const cloudflareKeyId = "cloudflare";
const cloudflareUrl = "https://gateway.ai.cloudflare.com";

/** undefined: calls go straight to the providers. */
export function managedFrom({ mode, cloudflare }: ManagedSettings, token: string | undefined): Managed | undefined {
  if (mode !== "cloudflare" || cloudflare.account === null) return undefined;
  const url = cloudflare.url.replace(/\/+$/, "");
  return { base: `${url}/v1/${cloudflare.account}/${cloudflare.gateway}`, token, named: url !== cloudflareUrl };
}

export const managedHeaders = ({ token }: Managed): Record<string, string> =>
  token === undefined ? {} : { "cf-aig-authorization": `Bearer ${token}` };

/** Cloudflare's names of our providers, and what stands before the SDK's own paths there. */
const sdkBases: Readonly<Record<string, string>> = {
  anthropic: "anthropic/v1",
  openai: "openai",
  google: "google-ai-studio/v1beta",
  xai: "grok/v1",
  groq: "groq",
  mistral: "mistral/v1",
  deepseek: "deepseek",
  openrouter: "openrouter",
};

/** The base address for a provider's SDK; undefined for one that Cloudflare does not know. */
export function managedBaseUrl(managed: Managed, provider: string): string | undefined {
  const path = Object.hasOwn(sdkBases, provider) ? sdkBases[provider] : undefined;
  return path === undefined ? undefined : `${managed.base}/${path}`;
}

const cloudflareNames: Readonly<Record<string, string>> = { google: "google-ai-studio", xai: "grok" };

/** A native path as Cloudflare writes it: some providers with their version, some without. */
export function managedUrl(managed: Managed, slug: string, path: string, search: string): URL {
  const name = cloudflareNames[slug] ?? slug;
  const bare = path.replace(/^\/+/, "");
  let written = bare;
  if (name === "openai" || name === "groq" || name === "openrouter") written = bare.replace(/^(openai\/|api\/)?v1\//, "");
  else if (name === "anthropic" && !bare.startsWith("v1/")) written = `v1/${bare}`;
  else if (name === "google-ai-studio" && !/^v1/.test(bare)) written = `v1beta/${bare}`;
  return new URL(`${managed.base}/${name}/${written}${search}`);
}

/** Options of a caller that Cloudflare's gateway shall see too. What the embedded one does itself is not asked for twice. */
const passedOn = [
  "metadata",
  "event-id",
  "collect-log",
  "collect-log-payload",
  "zdr",
  "no-wholesale",
  "custom-cost",
  "otel-trace-id",
  "otel-parent-span-id",
];

export function passOnOptions(from: Record<string, string>, to: Record<string, string>, withAlias: boolean): void {
  for (const name of withAlias ? [...passedOn, "byok-alias"] : passedOn) {
    const value = from[`cf-aig-${name}`];
    if (value !== undefined) to[`cf-aig-${name}`] = value;
  }
}
