/**
 * `kill -9` of the whole process tree at random moments, judged only by what the fake provider and the client saw:
 * nothing acknowledged is lost, nothing is answered twice, every run ends, tools act exactly once.
 *
 * FAULT_KILLS, FAULT_MESSAGES and FAULT_SEED scale it; the defaults are the short form.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChatEvent } from "../../packages/protocol/src/events.ts";
import type { ChatMessage } from "../../packages/protocol/src/messages.ts";
import { driveWithKills, endsOf, type KillRecord } from "./kill-drive.ts";

const plan = {
  seed: Number(process.env.FAULT_SEED ?? 20260),
  messages: Number(process.env.FAULT_MESSAGES ?? 60),
  kills: Number(process.env.FAULT_KILLS ?? 12),
  sessions: Number(process.env.FAULT_SESSIONS ?? 6),
};

const textOf = (message: ChatMessage) => message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");

describe(`kill -9: ${plan.kills} kills over ${plan.messages} messages, seed ${plan.seed}`, () => {
  let record: KillRecord;
  beforeAll(async () => {
    record = await driveWithKills(plan);
  }, 3_600_000);
  afterAll(async () => {
    if (!record) return;
    report(record);
    record.client.close();
    await record.server.dispose();
    await record.provider.close();
  });

  const messagesOf = (sessionKey: string) => record.histories.get(sessionKey)?.messages ?? [];

  test("the kills happened", () => {
    expect(record.kills.length).toBe(plan.kills);
    expect(record.sent.every((message) => message.acknowledged)).toBe(true);
  });

  test("no acknowledged message is lost: each stands once in its conversation and reached the provider", () => {
    const lost = record.sent.filter((message) => {
      const stood = messagesOf(message.sessionKey).filter(
        (entry) => entry.role === "user" && textOf(entry).includes(message.token),
      );
      const reached = record.provider.requests.some((request) => JSON.stringify(request.body).includes(message.token));
      return stood.length !== 1 || !reached;
    });
    expect(lost.map((message) => message.token)).toEqual([]);
  });

  test("every message has exactly one answer", () => {
    const wrong = record.sent.filter((message) => {
      const answers = messagesOf(message.sessionKey).filter(
        (entry) => entry.role === "assistant" && textOf(entry).includes(`answer ${message.token}.`),
      );
      return answers.length !== 1;
    });
    expect(wrong.map((message) => message.token)).toEqual([]);
  });

  test("every run has exactly one end, and the client saw it", () => {
    const wrong = record.sent.filter((message) => endsOf(record.client, message.runId).length !== 1);
    expect(wrong.map((message) => [message.token, endsOf(record.client, message.runId).map((event) => event.state)])).toEqual([]);
    const notFinal = record.sent.filter((message) => endsOf(record.client, message.runId)[0]?.state !== "final");
    expect(notFinal.map((message) => message.token)).toEqual([]);
  });

  test("the streamed text, as resumed over the kills, is the answer that was kept", () => {
    const shown = new Map<string, string>();
    for (const frame of record.client.events) {
      if (frame.event !== "chat") continue;
      const event = frame.payload as ChatEvent;
      if (event.state === "delta")
        shown.set(event.runId, event.replace ? event.deltaText : (shown.get(event.runId) ?? "") + event.deltaText);
    }
    const wrong = record.sent.filter((message) => {
      const end = endsOf(record.client, message.runId)[0];
      return message.kind !== "tool" && end?.state === "final" && end.message && shown.get(message.runId) !== textOf(end.message);
    });
    expect(wrong.map((message) => [message.token, shown.get(message.runId)])).toEqual([]);
  });

  test("every tool acted exactly once", () => {
    const lines = record.tally.trim().split("\n");
    const tools = record.sent.filter((message) => message.kind === "tool");
    expect(lines.toSorted()).toEqual(tools.map((message) => message.token).toSorted());
  });

  test("what was cut is taken up within 2 s of the new process being up", () => {
    const late = record.kills
      .flatMap((kill) => kill.cut.map((runId) => ({ runId, ms: takenUpAfterMs(record, kill, runId) })))
      .filter(({ ms }) => ms > 2_000);
    expect(late).toEqual([]);
  });
});

/** From the ready line of the new process (0 when it was before that) to the provider's new request for that run, or to its end if that came first. */
function takenUpAfterMs(record: KillRecord, kill: KillRecord["kills"][number], runId: string): number {
  const token = runId.replace(/^run-/, "");
  const asked = record.provider.requests.find(
    (request) => request.at >= kill.restartedAt && request.lastUserText.includes(token),
  );
  const end = endsOf(record.client, runId)[0];
  const nextKill = record.kills.find((other) => other.restartedAt > kill.restartedAt);
  const at = Math.min(asked?.at ?? Number.POSITIVE_INFINITY, endedAt(end) ?? Number.POSITIVE_INFINITY);
  // It had ended when the kill came, and nobody had heard of it yet.
  if (at < kill.restartedAt) return 0;
  // Killed again before it could be taken up: that kill's row speaks for it.
  if (nextKill && at > nextKill.restartedAt) return 0;
  return Math.max(0, at - kill.upAt);
}

function endedAt(end: ChatEvent | undefined): number | undefined {
  return end?.state === "final" ? end.message?.timestamp : undefined;
}

function report(record: KillRecord): void {
  const waits = record.kills
    .flatMap((kill) => kill.cut.map((runId) => takenUpAfterMs(record, kill, runId)))
    .toSorted((a, b) => a - b);
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
  const starts = record.kills.map((kill) => kill.startMs).toSorted((a, b) => a - b);
  console.log(
    `kills ${record.kills.length}, messages ${record.sent.length}, provider requests ${record.provider.requests.length}; ` +
      `runs cut ${waits.length}, taken up after p50 ${at(0.5)} / p99 ${at(0.99)} / max ${at(1)} ms; start p50 ${starts[Math.floor(starts.length / 2)] ?? 0} ms`,
  );
}
