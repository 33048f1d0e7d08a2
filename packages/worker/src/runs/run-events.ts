/** What a run says while it lives: chat and agent events with a rising number, exactly one end. */

import { errorToWire, type MoltError } from "@moltworker/protocol/errors";
import type { AgentEvent, ChatEvent } from "@moltworker/protocol/events";
import type { AssistantMessage } from "@moltworker/protocol/messages";
import type { Clock } from "../platform/clock.ts";
import { defaultAgentId } from "../sessions/session-key.ts";
import type { Audience, EventSink } from "./event-sink.ts";
import type { StoredRun } from "./run-store.ts";

type WithoutBase<Event> = Event extends unknown ? Omit<Event, "runId" | "sessionKey" | "agentId" | "seq" | "ts"> : never;
export type ChatPart = WithoutBase<ChatEvent>;
export type AgentPart = WithoutBase<AgentEvent>;

export interface RunEvents {
  chat(part: ChatPart): void;
  agent(part: AgentPart): void;
  /** Sent now, not kept. `stock`: repeats what the durable chat events say, for clients that read the agent stream. */
  agentLive(part: AgentPart, audience?: Audience): void;
  failed(error: MoltError): void;
  aborted(reason: string, message?: AssistantMessage): void;
}

const stockPhases = new Set(["preparing_context", "starting_model"]);

function audienceOf(part: ChatPart): Audience {
  return part.state === "status" && !stockPhases.has(part.phase) ? "ours" : "all";
}

export function createRunEvents(run: Pick<StoredRun, "id" | "session_key" | "lives">, sink: EventSink, clock: Clock): RunEvents {
  let counter = run.lives * 1_000_000;
  const base = () => {
    counter += 1;
    return { runId: run.id, sessionKey: run.session_key, agentId: defaultAgentId, seq: counter };
  };
  const chat = (part: ChatPart) => sink.publish("chat", { ...base(), ...part } as ChatEvent, audienceOf(part));
  const agentEvent = (part: AgentPart) => ({ ...base(), ts: clock.now(), ...part }) as AgentEvent;
  const agent = (part: AgentPart) => sink.publish("agent", agentEvent(part));

  return {
    chat,
    agent,
    agentLive: (part, audience) => sink.announce("agent", agentEvent(part), audience),
    failed(error) {
      agent({ stream: "lifecycle", data: { phase: "error", endedAt: clock.now(), error: error.message } });
      chat({ state: "error", errorMessage: error.message, errorKind: error.code, errorDetail: errorToWire(error) });
    },
    aborted(reason, message) {
      agent({ stream: "lifecycle", data: { phase: "end", endedAt: clock.now() } });
      chat({ state: "aborted", stopReason: reason, ...(message ? { message } : {}) });
    },
  };
}
