/** Gathers what checks from outside ask for; each fact is asked once, when the first check needs it. */

import { readFileSync } from "node:fs";
import type { DoctorReport } from "@moltworker/protocol/doctor";
import { errorFromWire, MoltError } from "@moltworker/protocol/errors";
import { locateDataFolder, tokenPath } from "../supervisor/data-folder.ts";
import { baseUrl } from "../supervisor/host-api.ts";
import { lockHolder } from "../supervisor/lock.ts";
import { readRun } from "../supervisor/run-file.ts";
import { version } from "../version.ts";
import type { LocalTarget, OutsideContext } from "./check.ts";
import { exchange, type Reached, type Sent, upgrade } from "./exchange.ts";

export interface ContextOptions {
  /** Origin of an assistant elsewhere. */
  url: URL | undefined;
  data: string | undefined;
  startPort: number;
  /** From stdin. */
  token: string | undefined;
  probe: boolean;
  environment: NodeJS.ProcessEnv;
  failed: ReadonlySet<string>;
}

export interface DoctorContext extends OutsideContext {
  /** Asks the assistant to cure what its own check found. Throws MoltError. */
  fixInside(id: string): Promise<{ done: string; check: DoctorReport["checks"][number] }>;
}

/** Probes of several providers take their time. */
const reportTimeoutMs = 60_000;

export function createContext(options: ContextOptions): DoctorContext {
  const local = options.url ? undefined : findLocal(options.data, options.startPort);
  const url = options.url ?? (local?.run ? new URL(baseUrl(local.run)) : undefined);
  const tokenNow = () => options.token ?? (local && keptToken(local));
  const service = options.url?.protocol === "https:" ? serviceToken(options.environment) : {};
  // The host key proves that we can read the folder, so the inside is seen also when the token is the fault.
  const bearer = local?.run?.hostKey ?? tokenNow();

  const ask = async (path: string, sent: Sent, secret?: string): Promise<Reached | undefined> => {
    if (!url) return undefined;
    const authorization: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${headerText(secret)}` };
    return exchange(new URL(path, url), { ...sent, headers: { ...service, ...authorization } });
  };
  const reached = once(() => ask("/readyz", {}));
  const inside = async <Value>(path: string, body: object): Promise<Value | undefined> => {
    if (bearer === undefined) return undefined;
    const answer = await ask(path, { method: "POST", body: JSON.stringify(body), timeoutMs: reportTimeoutMs }, bearer);
    if (!answer) return undefined;
    return bodyOf(answer) as Value;
  };

  return {
    url,
    local,
    get token() {
      return tokenNow();
    },
    showsServiceToken: Object.keys(service).length > 0,
    version,
    failed: options.failed,
    reached,
    upgraded: once(async () => url && upgrade(url, service)),
    stranger: once(() => ask("/api/auth/me", {})),
    identity: () => ask("/api/auth/me", {}, tokenNow()),
    report: once(async () => {
      const first = await reached();
      const told = first && "answer" in first && first.answer.headers.date !== undefined;
      // Where the answer brings the server's time along, it is judged by that.
      return inside<DoctorReport>("/api/doctor", { probe: options.probe, ...(told ? {} : { now: Date.now() }) });
    }),
    async fixInside(id) {
      const result = await inside<{ done: string; check: DoctorReport["checks"][number] }>("/api/doctor/fix", { id });
      if (!result) throw new MoltError("AUTH_TOKEN_MISSING");
      return result;
    },
  };
}

function findLocal(data: string | undefined, startPort: number): LocalTarget {
  const folder = locateDataFolder(data);
  const holder = lockHolder(folder.path);
  const run = holder ? readRun(folder.path) : undefined;
  return { folder, holder, run: run?.port && run.supervisor.pid === holder?.pid ? run : undefined, startPort };
}

function keptToken({ folder }: LocalTarget): string | undefined {
  try {
    return readFileSync(tokenPath(folder), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

function serviceToken(environment: NodeJS.ProcessEnv): Record<string, string> {
  const [id, secret] = [environment.CF_ACCESS_CLIENT_ID?.trim(), environment.CF_ACCESS_CLIENT_SECRET?.trim()];
  return id && secret ? { "cf-access-client-id": id, "cf-access-client-secret": secret } : {};
}

/** A header carries bytes: a token outside ASCII goes as UTF-8, one character a byte. */
const headerText = (secret: string): string => Buffer.from(secret, "utf8").toString("latin1");

/** Throws the assistant's own error, or one that says what was answered instead. */
function bodyOf(reached: Reached): Record<string, unknown> {
  if ("broken" in reached)
    throw new MoltError("UNAVAILABLE", { message: `the assistant did not answer (${reached.broken.words})` });
  const { status, json } = reached.answer;
  if (status === 200 && json) return json;
  throw json?.error
    ? errorFromWire(json.error)
    : new MoltError("INTERNAL", { message: `the assistant answered its checks with status ${status}` });
}

function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let result: Promise<Value> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
