/** The health payload: the same for the method, `hello-ok` and the `health` event. */

import { defaultAgentId } from "../sessions/session-key.ts";
import type { MethodContext } from "./context.ts";

export type Health = Record<string, unknown> & { ok: boolean; ts: number };

const noHeartbeat = { enabled: false, every: "0m", everyMs: null, prompt: "", target: "none", ackMaxChars: 0 };

export function healthSnapshot(context: MethodContext): Health {
  const { clock, sessions, runner, hub, models } = context;
  const startedMs = clock.now();
  const { sessions: recent, totalCount } = sessions.list({ limit: 5 });
  const stored = {
    path: "sqlite:sessions",
    count: totalCount,
    recent: recent.map((session) => ({ key: session.key, updatedAt: session.updated_at, age: startedMs - session.updated_at })),
  };
  return {
    ok: true,
    ts: startedMs,
    durationMs: clock.now() - startedMs,
    channels: {},
    channelOrder: [],
    channelLabels: {},
    heartbeatSeconds: 0,
    defaultAgentId,
    agents: [{ agentId: defaultAgentId, isDefault: true, heartbeat: noHeartbeat, sessions: stored }],
    sessions: stored,
    runs: { active: runner.activeCount, suspended: runner.suspended },
    clients: hub.all().length,
    model: models.defaultModel(),
  };
}
