/** Model lists of the fake provider, each in its provider's own form. */

import type { IncomingHttpHeaders, ServerResponse } from "node:http";

export interface FakeModel {
  id: string;
  name?: string;
  contextWindow?: number;
}

const defaultModels: FakeModel[] = [
  { id: "fake-large", name: "Fake Large", contextWindow: 200_000 },
  { id: "fake-small", name: "Fake Small", contextWindow: 32_000 },
];

export interface ModelsRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  models: FakeModel[] | undefined;
  keyOk: boolean;
}

export function answerModels(response: ServerResponse, request: ModelsRequest): void {
  const send = (status: number, body: unknown) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const models = request.models ?? defaultModels;
  const { path, headers } = request;
  if (path === "/api/tags") return send(200, { models: models.map(ollamaModel) });
  if (path === "/api/show") return send(200, ollamaDetails(models, request.body));
  if (path === "/api/v0/models") return send(200, { object: "list", data: models.map(lmStudioModel) });
  if (!path.endsWith("/models") && !path.endsWith("/key"))
    return send(404, { error: { message: `no such path: ${path}`, type: "invalid_request_error" } });
  if (!request.keyOk) return send(401, unauthorised(path, headers));
  if (path.endsWith("/key")) return send(200, { data: { label: "fake" } });
  if (headers["anthropic-version"])
    return send(200, { data: models.map(anthropicModel), has_more: false, first_id: null, last_id: null });
  if (path.includes("/v1beta")) return send(200, { models: models.map(googleModel) });
  return send(200, {
    object: "list",
    data: models.map((model) => ({ id: model.id, object: "model", created: 1_700_000_000, owned_by: "fake" })),
  });
}

function unauthorised(path: string, headers: IncomingHttpHeaders): unknown {
  if (headers["anthropic-version"])
    return { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } };
  if (path.includes("/v1beta"))
    return { error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } };
  return {
    error: { message: "Incorrect API key provided.", type: "invalid_request_error", param: null, code: "invalid_api_key" },
  };
}

const ollamaModel = ({ id }: FakeModel) => ({
  name: id,
  model: id,
  size: 1_000,
  details: { family: "fake", parameter_size: "1B", quantization_level: "Q4_0" },
});

function ollamaDetails(models: FakeModel[], body: string): unknown {
  const asked = JSON.parse(body) as { model?: string };
  const contextWindow = models.find((model) => model.id === asked.model)?.contextWindow ?? 8_192;
  return {
    capabilities: ["completion", "tools"],
    model_info: { "general.architecture": "fake", "fake.context_length": contextWindow },
  };
}

const lmStudioModel = ({ id, contextWindow }: FakeModel) => ({
  id,
  object: "model",
  type: "llm",
  state: "loaded",
  max_context_length: contextWindow ?? 8_192,
});

const anthropicModel = ({ id, name, contextWindow }: FakeModel) => ({
  type: "model",
  id,
  display_name: name ?? id,
  created_at: "2026-01-01T00:00:00Z",
  max_input_tokens: contextWindow,
});

const googleModel = ({ id, name, contextWindow }: FakeModel) => ({
  name: `models/${id}`,
  displayName: name ?? id,
  inputTokenLimit: contextWindow ?? 32_000,
  outputTokenLimit: 8_192,
  supportedGenerationMethods: ["generateContent", "countTokens"],
});
