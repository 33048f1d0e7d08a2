/** `moltworker tokens`: lists, makes and revokes tokens of programs that call models through the AI gateway. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ApiTokenRow } from "@moltworker/protocol/rows";
import type { Output } from "../output.ts";
import { answerError, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export interface TokensOptions {
  data?: string;
  usd?: number;
  per?: string;
  rpm?: number;
  allow?: string;
  tenant?: string;
}

/** `verb`: `list`, `create <label>` or `revoke <id>`. Throws USAGE for anything else. */
export async function tokens(verb: string, subject: string | undefined, options: TokensOptions, output: Output): Promise<void> {
  if (verb === "list") return list(options, output);
  if (verb !== "create" && verb !== "revoke")
    throw new MoltError("USAGE", { message: `tokens: there is no "${verb}"`, hint: "Use list, create or revoke." });
  if (subject === undefined)
    throw new MoltError("USAGE", {
      message: verb === "create" ? "tokens create: a label is missing" : "tokens revoke: an id is missing",
    });
  return verb === "create" ? create(subject, options, output) : revoke(subject, options, output);
}

async function list(options: TokensOptions, output: Output): Promise<void> {
  const body = await ask(options, "GET", "/api/host/tokens");
  const rows = body.tokens as ApiTokenRow[];
  const lines = rows.map((row) => `${row.id}  ${row.label}  ${row.scopes.join(" ")}${limitsText(row)}`);
  output.result(lines.join("\n") || "no tokens", { type: "tokens", tokens: rows });
}

async function create(label: string, options: TokensOptions, output: Output): Promise<void> {
  const { data: _data, ...limits } = options;
  const query = new URLSearchParams({ label });
  for (const name of ["usd", "per", "rpm", "allow", "tenant"] as const)
    if (limits[name] !== undefined) query.set(name, String(limits[name]));
  const body = await ask(options, "POST", `/api/host/tokens?${query}`);
  output.note("It is shown only now:");
  output.result(String(body.token), { type: "token", token: body.token, row: body.row });
}

async function revoke(id: string, options: TokensOptions, output: Output): Promise<void> {
  const body = await ask(options, "POST", `/api/host/tokens/${encodeURIComponent(id)}/revoke`);
  output.result(`revoked "${body.label}"`, { type: "revoked", id });
}

async function ask(options: TokensOptions, method: "GET" | "POST", path: string): Promise<Record<string, unknown>> {
  const answer = await callHost(findRunning(options.data), method, path);
  if (answer.status !== 200 || !answer.body) throw answerError(answer);
  return answer.body;
}

function limitsText({ limits }: ApiTokenRow): string {
  const parts = [
    limits?.budget && `$${limits.budget.usd} a ${limits.budget.per}`,
    limits?.requestsPerMinute && `${limits.requestsPerMinute} a minute`,
    limits?.allow && `only ${limits.allow.join(", ")}`,
  ].filter(Boolean);
  return parts.length === 0 ? "" : `  (${parts.join("; ")})`;
}
