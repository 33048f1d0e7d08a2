/** `moltworker gateway`: the providers' keys and breakers as they stand; clears a breaker, the cache, a key. */

import { MoltError } from "@moltworker/protocol/errors";
import type { BreakerRow, ProviderKeyRow } from "@moltworker/protocol/gateway-health";
import type { Output } from "../output.ts";
import { answerError, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

const whats = ["breakers", "cache", "key"];

export interface GatewaySubject {
  what: string | undefined;
  provider: string | undefined;
  alias: string | undefined;
}

/** `verb`: `list`, or `clear` with what. Throws USAGE for anything else. */
export async function gateway(verb: string, subject: GatewaySubject, options: { data?: string }, output: Output): Promise<void> {
  if (verb === "list") return list(options, output);
  const { what, provider, alias } = subject;
  if (verb !== "clear" || what === undefined || !whats.includes(what))
    throw new MoltError("USAGE", {
      message: `gateway: there is no "${[verb, what].filter(Boolean).join(" ")}"`,
      hint: "Use list, clear breakers [provider], clear cache, or clear key <provider> [alias].",
    });
  if (what === "key" && provider === undefined)
    throw new MoltError("USAGE", { message: "gateway clear key: a provider is missing" });
  const query = new URLSearchParams({ what });
  if (provider !== undefined) query.set("provider", provider);
  if (alias !== undefined) query.set("alias", alias);
  const { cleared } = await ask(options, "POST", `/api/host/gateway/clear?${query}`);
  const done = what === "key" ? `forgot the key ${provider} ${alias ?? "default"}` : `cleared ${cleared} of the ${what}`;
  output.result(done, { type: "cleared", what, cleared });
}

async function list(options: { data?: string }, output: Output): Promise<void> {
  const found = (await ask(options, "GET", "/api/host/gateway")) as unknown as { keys: ProviderKeyRow[]; breakers: BreakerRow[] };
  const lines = [
    ...found.keys.map((key) => `key      ${key.provider} ${key.alias}  ${key.state}${untilText(key.until)}`),
    ...found.breakers.map(
      (one) =>
        `breaker  ${one.provider}/${one.model} ${one.keyAlias}  ${one.state}, ${one.failures} failures, ${one.lastError}${untilText(one.until)}`,
    ),
  ];
  output.result(lines.join("\n") || "no keys, and no breaker has anything to say", { type: "gateway", ...found });
}

const untilText = (until: number | null): string => (until === null ? "" : ` until ${new Date(until).toISOString()}`);

async function ask(options: { data?: string }, method: "GET" | "POST", path: string): Promise<Record<string, unknown>> {
  const answer = await callHost(findRunning(options.data), method, path);
  if (answer.status !== 200 || !answer.body) throw answerError(answer);
  return answer.body;
}
