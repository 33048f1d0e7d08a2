/** A stored call made again: with the same words, past the same policies, as a row of its own. */

import { MoltError } from "@moltworker/protocol/errors";
import type { GatewayLogRow } from "@moltworker/protocol/gateway";
import type { ModelCall, ModelRequest } from "../../agent/model.ts";
import { withDeadline } from "../../platform/deadline.ts";
import type { Gateway } from "../gateway.ts";
import type { AiGatewayControls } from "../proxy/controls.ts";
import type { Books } from "./books.ts";
import type { Governor } from "./governor.ts";

export interface ReplayDeps {
  governor: Governor & Books;
  models: Gateway;
  /** For the calls of programs. */
  aiGateway: Pick<AiGatewayControls, "repeat">;
}

const mostAnswerCharacters = 100_000;
const answerMs = 120_000;

/** Throws NOT_FOUND, CONFLICT when its body was not kept whole, and what the call itself throws. */
export async function replayCall(deps: ReplayDeps, id: string): Promise<{ row: GatewayLogRow; text: string }> {
  const { governor, aiGateway } = deps;
  governor.flush();
  const row = governor.log.get(id);
  if (!row) throw new MoltError("NOT_FOUND", { message: "there is no such call in the log" });
  const body = wholeBody(governor.log.bodies(id)?.request ?? null);
  let text: string;
  if (row.endpoint === "run") text = await ownAgain(deps, row, body);
  else {
    const answer = await aiGateway.repeat({ id, provider: row.provider, endpoint: row.endpoint, body });
    text = await answer.text();
  }
  governor.flush();
  const made = governor.log.list({ replayOf: id }, { limit: 1 }).rows[0];
  if (!made) throw new MoltError("INTERNAL", { message: "the repeated call left no row" });
  return { row: made, text: text.slice(0, mostAnswerCharacters) };
}

async function ownAgain({ models }: ReplayDeps, row: GatewayLogRow, body: string): Promise<string> {
  if (body.includes('"type":"file"')) throw notWhole();
  const [tools, prompt] = JSON.parse(body) as [ModelRequest["tools"], ModelRequest["prompt"]];
  const call: Omit<ModelCall, "signal"> = {
    ref: `${row.provider}/${row.model}`,
    request: { tools, prompt, thinking: "off" },
    sessionKey: `replay:${row.id}`,
    runId: row.id,
    step: 0,
    channel: "replay",
    replayOf: row.id,
  };
  return withDeadline(answerMs, async (signal) => {
    let text = "";
    for await (const event of models.stream({ ...call, signal })) if (event.type === "text") text += event.delta;
    return text;
  });
}

/** The body as it was sent; a cut one is no JSON any more. */
function wholeBody(body: string | null): string {
  try {
    JSON.parse(body ?? "");
    return body as string;
  } catch (cause) {
    throw notWhole(cause);
  }
}

function notWhole(cause?: unknown): MoltError {
  return new MoltError("CONFLICT", {
    message: "the request of this call was not kept whole, so it cannot be repeated",
    hint: "Switch on keeping of requests under Admin, AI Gateway, Limits; it holds for calls from then on.",
    cause,
  });
}
