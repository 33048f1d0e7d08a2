/**
 * The OpenAI-compatible API: any chat program may use the assistant. A request is a durable run like a message of the
 * browser's; this file says who may ask for what.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Context } from "hono";
import type * as z from "zod";
import type { Auth } from "../../auth/auth.ts";
import type { Log } from "../../platform/log.ts";
import { sha256Hex } from "../../platform/sha256.ts";
import { json } from "../answers.ts";
import { readBytes } from "../body.ts";
import type { RouteGroup } from "../route-group.ts";
import { readAnswer } from "./answer.ts";
import type { Asked } from "./asked.ts";
import { callerOf } from "./caller.ts";
import { chatReply } from "./chat-reply.ts";
import { askedInChat, chatBody } from "./chat-request.ts";
import { assistantModel, checkAgent } from "./choose-model.ts";
import { isStored, ownerOf } from "./conversation.ts";
import { corsFor, preflight } from "./cors.ts";
import { createDeliver, type DeliverDeps } from "./deliver.ts";
import { problem } from "./problem.ts";
import { createRate } from "./rate.ts";
import type { StoredRequest } from "./request-store.ts";
import { responseObject, responsesReply } from "./responses-reply.ts";
import { askedInResponses, responsesBody } from "./responses-request.ts";
import { type StartDeps, startRun } from "./start-run.ts";

/** Bytes of a request: pictures come inside it, as base64. */
const MAX_BODY_BYTES = 16_000_000;

export interface V1Settings extends ReturnType<DeliverDeps["settings"]> {
  enabled: boolean;
  requestsPerMinute: number;
  allowedOrigins: readonly string[];
}

export interface V1Deps extends StartDeps, DeliverDeps {
  runner: StartDeps["runner"];
  runs: StartDeps["runs"];
  transcript: StartDeps["transcript"];
  auth: Auth;
  log: Log;
  /** Forgets a request and the conversation that was its alone. */
  forget(request: StoredRequest): Promise<void>;
  settings(): V1Settings;
}

export function v1Routes(deps: V1Deps): RouteGroup {
  const rate = createRate(deps.clock, () => deps.settings().requestsPerMinute);
  const deliver = createDeliver(deps);

  /** One route: switched on, called by a page that may, every failure in OpenAI's shape. */
  const route =
    (handle: (context: Context) => Promise<Response>, repeatable: boolean) =>
    async (context: Context): Promise<Response> => {
      let cors: Record<string, string> = {};
      let answer: Response;
      try {
        if (!deps.settings().enabled) throw switchedOff();
        cors = corsFor(context.req.raw, deps.settings().allowedOrigins, deps.auth);
        answer = await handle(context);
      } catch (thrown) {
        answer = problem(thrown, deps.log, repeatable || context.req.header("idempotency-key") !== undefined);
      }
      for (const [name, value] of Object.entries(cors)) answer.headers.set(name, value);
      return answer;
    };

  const ask = async (context: Context, read: (bytes: Uint8Array) => Asked): Promise<Response> => {
    const { raw } = context.req;
    const principal = await callerOf(deps.auth, raw, "v1.chat");
    const owner = ownerOf(principal);
    rate.take(owner);
    checkAgent(raw.headers.get("x-openclaw-agent-id") ?? "main");
    const bytes = await readBytes(raw, MAX_BODY_BYTES, "known");
    const asked = read(bytes);
    const release = rate.open(owner);
    try {
      const { request } = await startRun(deps, {
        principal,
        asked,
        bodyHash: await sha256Hex(bytes),
        key: raw.headers.get("idempotency-key"),
        sessionKey: raw.headers.get("x-openclaw-session-key"),
        model: raw.headers.get("x-openclaw-model"),
      });
      const headers = { "x-request-id": request.id, "x-openclaw-session-key": request.session_key };
      if (asked.background && !asked.stream) {
        release();
        return json(responseObject(request, readAnswer(deps, request.id)), { headers });
      }
      const reply = asked.form === "chat" ? chatReply(asked.includeUsage) : responsesReply;
      return await deliver({ request, reply, stream: asked.stream, headers, gone: raw.signal, release });
    } catch (thrown) {
      release();
      throw thrown;
    }
  };

  /** The caller's own stored response; anybody else's is not there. */
  const stored = async (context: Context, action: string): Promise<StoredRequest> => {
    const owner = ownerOf(await callerOf(deps.auth, context.req.raw, action));
    const id = context.req.param("id") ?? "";
    const request = id.startsWith("resp_") ? deps.requests.find(owner, id.slice("resp_".length)) : undefined;
    if (request && isStored(request)) return request;
    throw new MoltError("NOT_FOUND", {
      message: `there is no response "${id.slice(0, 80)}"`,
      hint: "Responses are kept for 30 days, for the token that asked, unless `store` was false.",
    });
  };

  return (app) => {
    app.options(
      "/v1/*",
      route(async (context) => preflight(corsFor(context.req.raw, deps.settings().allowedOrigins, deps.auth)), true),
    );
    app.post(
      "/v1/chat/completions",
      route((context) => ask(context, (bytes) => askedInChat(parse(bytes, chatBody))), false),
    );
    app.post(
      "/v1/responses",
      route((context) => ask(context, (bytes) => askedInResponses(parse(bytes, responsesBody))), false),
    );
    app.get(
      "/v1/responses/:id",
      route(async (context) => {
        const request = await stored(context, "v1.read");
        if (context.req.query("stream") !== "true") return json(responseObject(request, readAnswer(deps, request.id)));
        return deliver({
          request: { ...request, background: 1 },
          reply: responsesReply,
          stream: true,
          headers: {},
          gone: context.req.raw.signal,
          release: () => {},
        });
      }, true),
    );
    app.post(
      "/v1/responses/:id/cancel",
      route(async (context) => {
        const request = await stored(context, "v1.chat");
        deps.runner.abort({ sessionKey: request.session_key, runId: request.id }, "cancelled by the client");
        return json(responseObject(request, readAnswer(deps, request.id)));
      }, true),
    );
    app.delete(
      "/v1/responses/:id",
      route(async (context) => {
        const request = await stored(context, "v1.chat");
        await deps.forget(request);
        return json({ id: `resp_${request.id}`, object: "response", deleted: true });
      }, true),
    );
    app.get(
      "/v1/models",
      route((context) => listModels(deps, context), true),
    );
    app.get(
      "/v1/models/:id{.+}",
      route((context) => oneModel(deps, context), true),
    );
    for (const path of ["/v1", "/v1/completions", "/v1/embeddings", "/v1/chat/*", "/v1/responses/*"])
      app.all(
        path,
        route(() => Promise.reject(unknownPath()), true),
      );
  };
}

async function listModels(deps: V1Deps, context: Context): Promise<Response> {
  await callerOf(deps.auth, context.req.raw, "v1.read");
  return json({ object: "list", data: await models(deps) });
}

async function oneModel(deps: V1Deps, context: Context): Promise<Response> {
  await callerOf(deps.auth, context.req.raw, "v1.read");
  const id = context.req.param("id") ?? "";
  const model = (await models(deps)).find((one) => one.id === id);
  if (model) return json(model);
  throw new MoltError("MODEL_UNKNOWN", { message: `there is no model "${id.slice(0, 120)}"`, details: { param: "model" } });
}

async function models(deps: V1Deps): Promise<{ id: string; object: "model"; created: number; owned_by: string }[]> {
  await deps.models.settled();
  const rows = deps.models.listModels().filter((row) => row.available);
  const own = { id: assistantModel, object: "model" as const, created: 0, owned_by: "moltworker" };
  return [own, ...rows.map((row) => ({ id: row.ref, object: "model" as const, created: 0, owned_by: row.provider }))];
}

function parse<Value>(bytes: Uint8Array, schema: z.ZodType<Value>): Value {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new MoltError("INVALID_REQUEST", { message: "the body is not JSON" });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join(".") || "body";
  throw new MoltError("INVALID_REQUEST", { message: `${param}: ${issue?.message ?? "is not valid"}`, details: { param } });
}

const switchedOff = () =>
  new MoltError("NOT_FOUND", {
    message: "the OpenAI-compatible API is switched off",
    hint: "Switch it on in the settings: httpApi.enabled.",
  });

const unknownPath = () =>
  new MoltError("NOT_FOUND", {
    message: "this part of OpenAI's API is not offered here",
    hint: "Use /v1/chat/completions, /v1/responses or /v1/models.",
  });
