/**
 * A call whose model's name chooses the provider. One that speaks the caller's dialect gets the body as it came, but for the
 * model's name; another gets it translated.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../../platform/clock.ts";
import { createChatModel } from "../dialects/chat-completions.ts";
import { managedBaseUrl } from "../managed.ts";
import { baseUrlOf, type Provider } from "../provider.ts";
import type { UnifiedDialect } from "../proxy/address.ts";
import { type Json, utf8 } from "../proxy/call-body.ts";
import type { HeaderRecord } from "../proxy/headers.ts";
import type { CallOptions } from "../proxy/options.ts";
import { badEndpoint, type Target, targetFrom } from "../proxy/plan.ts";
import { findUpstream, providerIdOf, type UpstreamSettings } from "../proxy/upstreams.ts";
import { attemptTranslated, callerDialects } from "./translated.ts";

export interface UnifiedInput {
  dialect: UnifiedDialect;
  /** `/compat`: the model must name its provider. Elsewhere a bare name means the dialect's own. */
  needsPrefix: boolean;
  step: number;
  json: Json | undefined;
  headers: HeaderRecord;
  ownKey: Target["ownKey"];
  options: CallOptions;
  settings: UpstreamSettings;
  clock: Clock;
}

/** Where Chat Completions stand below a provider of the table. */
const chatPaths: Readonly<Record<string, string>> = {
  "perplexity-ai": "chat/completions",
  cerebras: "chat/completions",
  fireworks: "chat/completions",
  huggingface: "v1/chat/completions",
  baseten: "v1/chat/completions",
  "workers-ai": "v1/chat/completions",
  cohere: "compatibility/v1/chat/completions",
};

const nativePaths: Record<UnifiedDialect, string> = { chat: "chat/completions", responses: "responses", messages: "messages" };

/** Throws INVALID_REQUEST. */
export function unifiedTarget(input: UnifiedInput): Target {
  const { json, settings, dialect } = input;
  if (typeof json?.model !== "string" || json.model === "")
    throw new MoltError("INVALID_REQUEST", {
      message: "model: must be text",
      hint: "Send JSON with the model as `provider/model`.",
    });
  const { slug, model } = splitModel(json.model, input);
  const leaf = settings.leaves.find((one) => one.id === providerIdOf(slug) && one.dialect !== "scripted");
  const spoken = dialectsOf(slug, leaf);
  if (spoken.length === 0) throw cannotRun(slug);
  const isNative = spoken.includes(dialect);
  const endpoint = isNative ? nativePath(slug, dialect) : nativePath(slug, "chat");
  const upstream = findUpstream(slug, endpoint, "", settings);
  if (!upstream) throw badEndpoint(slug);
  const body = { ...json, model };
  const headers = isNative && dialect === "messages" ? { "anthropic-version": "2023-06-01", ...input.headers } : input.headers;
  const bytes = utf8(JSON.stringify(body));
  const { step, ownKey, options } = input;
  const target = targetFrom({
    step,
    upstream,
    endpoint,
    method: "POST",
    headers,
    ownKey,
    bytes,
    stream: null,
    json: body,
    options,
  });
  if (isNative) return target;
  return {
    ...target,
    dialect,
    addedUsage: false,
    attempt: translatedAttempt(input, { slug, model, leaf, upstreamUrl: upstream.url }),
  };
}

function translatedAttempt(
  { dialect, json, settings, clock }: UnifiedInput,
  place: { slug: string; model: string; leaf: Provider | undefined; upstreamUrl: URL },
): NonNullable<Target["attempt"]> {
  const { slug, model, leaf, upstreamUrl } = place;
  const caller = callerDialects[dialect];
  const request = caller.read(json as Json);
  const managed = settings.managed && leaf && !leaf.local ? managedBaseUrl(settings.managed, leaf.id) : undefined;
  const own = leaf ? baseUrlOf(leaf, settings.providers[leaf.id]?.baseUrl) : upstreamUrl.href.replace(/\/chat\/completions$/, "");
  const baseUrl = managed ?? own;
  const translation = {
    dialect: caller,
    request: forProvider(request, leaf),
    modelName: (json as Json).model as string,
    create: (made: { apiKey: string | undefined; fetch: typeof fetch }) => {
      const target = { ...made, baseUrl, clock };
      return leaf ? leaf.create(model, target) : createChatModel(model, target, { name: slug });
    },
  };
  return (attempt) => attemptTranslated({ ...attempt, translation });
}

/** Nothing is kept at a provider, and thoughts are asked for where they can be shown. */
function forProvider(request: ReturnType<(typeof callerDialects)["chat"]["read"]>, leaf: Provider | undefined) {
  if (leaf?.dialect === "openai")
    return { ...request, providerOptions: { ...request.providerOptions, openai: { store: false, strictJsonSchema: false } } };
  if (leaf?.dialect === "google" && request.reasoning !== undefined && request.reasoning !== "none")
    return { ...request, providerOptions: { ...request.providerOptions, google: { thinkingConfig: { includeThoughts: true } } } };
  return request;
}

function splitModel(name: string, { needsPrefix, dialect, settings }: UnifiedInput): { slug: string; model: string } {
  const slash = name.indexOf("/");
  const prefix = slash === -1 ? "" : name.slice(0, slash);
  if (prefix === "@cf" || prefix === "@hf") return { slug: "workers-ai", model: name };
  const isKnown = prefix !== "" && (prefix.startsWith("custom-") || findable(prefix, settings));
  if (isKnown) return { slug: prefix, model: name.slice(slash + 1) };
  if (prefix !== "" && needsPrefix) throw badEndpoint(prefix);
  if (needsPrefix)
    throw new MoltError("INVALID_REQUEST", {
      message: `the model "${name.slice(0, 80)}" names no provider`,
      hint: "Write it as `provider/model`.",
      details: { refusal: "prefix" },
    });
  if (prefix !== "") throw badEndpoint(prefix);
  return { slug: dialect === "messages" ? "anthropic" : "openai", model: name };
}

const findable = (slug: string, settings: UpstreamSettings): boolean =>
  Object.hasOwn(chatPaths, slug) ||
  slug === "grok" ||
  slug === "google-ai-studio" ||
  settings.leaves.some((leaf) => leaf.id === slug);

function dialectsOf(slug: string, leaf: Provider | undefined): (UnifiedDialect | "google")[] {
  if (leaf?.dialect === "anthropic") return ["messages"];
  if (leaf?.dialect === "google") return ["google"];
  if (leaf?.dialect === "openai") return ["chat", "responses"];
  return leaf || slug.startsWith("custom-") || Object.hasOwn(chatPaths, slug) ? ["chat"] : [];
}

const nativePath = (slug: string, dialect: UnifiedDialect): string =>
  (dialect === "chat" ? chatPaths[slug] : undefined) ?? nativePaths[dialect];

function cannotRun(slug: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `${slug} does not take conversations in this dialect`,
    hint: `Use its own API below /${slug}/.`,
    details: { refusal: "cannot run" },
  });
}
