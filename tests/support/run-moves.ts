/** Moves that the run tests share: tools made on the spot, waiting for what happens, models that fail or hang. */

import type { MoltError } from "@moltworker/protocol/errors";
import type { ModelEvent } from "../../packages/worker/src/agent/model.ts";
import { defineTool, type Tool, type ToolEffect } from "../../packages/worker/src/agent/tool.ts";
import { finishEvent, says, type World } from "./run-world.ts";

const forever = 5_000;
export const ended = (world: World, id: string) => world.runner.wait(id, forever).then(({ run }) => run);

type Parameters = Tool<{ value?: string }>["parameters"];
type Act = (args: { value?: string }) => Promise<string> | string;

/** Makes tools that run their `act` each time they are really executed. The schema comes from the Worker's own zod. */
export function toolsWith(parameters: Parameters): (name: string, effect: ToolEffect, act?: Act) => Tool {
  return (name, effect, act = () => "done") =>
    defineTool<{ value?: string }>({
      name,
      description: name,
      parameters,
      effect: () => effect,
      timeoutMs: 2_000,
      execute: async (args) => ({ text: await act(args) }),
    });
}

/** Lets `count` turns of the event loop pass. */
export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for what an event brings about; vitest's own limit ends a wait for nothing. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}

export const asked = (world: World) => until(() => world.approvals.pending().length > 0);

/** A gate that a test opens. */
export function gateway() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

export async function* hang(): AsyncIterable<ModelEvent> {
  await new Promise(() => {});
  yield finishEvent([]);
}

export async function* failsAfter(text: string, error: MoltError): AsyncIterable<ModelEvent> {
  yield { type: "text", delta: text };
  await turns(1);
  throw error;
}

export async function* saysAfter(moment: Promise<void>, text: string): AsyncIterable<ModelEvent> {
  await moment;
  yield* says(text);
}

export async function* saysAfterWord(word: string, moment: Promise<void>, text: string): AsyncIterable<ModelEvent> {
  yield { type: "text", delta: word };
  await moment;
  yield* says(text);
}
