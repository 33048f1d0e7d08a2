import { MoltError } from "@moltworker/protocol/errors";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  asked,
  ended,
  failsAfter,
  gateway,
  hang,
  saysAfter,
  saysAfterWord,
  toolsWith,
  turns,
  until,
} from "../../../../tests/support/run-moves.ts";
import { calls, createWorld, owner, says, testSession } from "../../../../tests/support/run-world.ts";

const tool = toolsWith(z.strictObject({ value: z.string().optional() }));

describe("a run", () => {
  test("ends with one answer, one final and an outbox row", async () => {
    const world = createWorld({ script: () => says("hello there friend") });
    const id = world.send("hi");
    const run = await ended(world, id);
    expect(run).toMatchObject({ state: "done", stop_reason: "stop" });
    expect(world.log()).toEqual(["user: hi", "assistant: hello there friend"]);
    expect(world.ends(id)).toEqual(["final"]);
    expect(world.db.all("SELECT state, channel FROM outbox")).toEqual([{ state: "confirmed", channel: "webchat" }]);
  });

  test("the same key again changes nothing, during and after", async () => {
    const world = createWorld({ script: () => says("once") });
    world.send("hi", { id: "k" });
    const again = () =>
      world.runner.accept({
        dedupeKey: "chat:k",
        sessionKey: testSession,
        runId: "k",
        channel: "webchat",
        principal: owner,
        content: [],
        queueMode: "steer",
      }).status;
    expect(again()).toBe("in_flight");
    await ended(world, "k");
    expect(again()).toBe("ok");
    expect(world.log()).toEqual(["user: hi", "assistant: once"]);
    expect(world.modelCalls.length).toBe(1);
  });

  test("killed at any turn of the event loop, the next life gives exactly one answer", async () => {
    for (let moment = 0; moment < 14; moment += 1) {
      const write = tool("note", "idempotent");
      const world = createWorld({
        tools: [write],
        // Looks at the conversation, not at a counter, so that it says the same in every life.
        script: (call) =>
          JSON.stringify(call.request.prompt).includes("tool-result") ? says("all done") : calls({ name: "note", args: {} }),
      });
      const id = world.send("go");
      await turns(moment);
      world.crash();
      const next = world.revive();
      await ended(next, id);
      const log = next.log();
      expect(
        log.filter((line) => line === "user: go"),
        `at ${moment}`,
      ).toHaveLength(1);
      expect(
        log.filter((line) => line === "assistant: all done"),
        `at ${moment}`,
      ).toHaveLength(1);
      expect(
        log.filter((line) => line.startsWith("toolResult")),
        `at ${moment}`,
      ).toHaveLength(1);
      expect(next.ends(id), `at ${moment}`).toEqual(["final"]);
    }
  });

  test("a run that keeps ending the process is given up, with its cause", async () => {
    let world = createWorld({ script: () => hang() });
    const id = world.send("boom");
    for (let life = 0; life < 11; life += 1) {
      await until(() => world.modelCalls.length === life + 1);
      world.crash();
      world = world.revive();
    }
    const run = await ended(world, id);
    expect(run.state).toBe("failed");
    expect(run.error).toContain("RUN_CRASHED");
    expect(world.ends(id)).toEqual(["error"]);
  });

  test("a failing provider ends the run with cause and cure, and no half answer stays", async () => {
    const world = createWorld({ script: () => failsAfter("half an ans", new MoltError("PROVIDER_KEY_REJECTED")) });
    const id = world.send("hi");
    await ended(world, id);
    expect(world.log()).toEqual(["user: hi", "assistant: "]);
    const entry = world.transcript.page(testSession, 10, 0).messages.at(-1)?.entry;
    expect(entry).toMatchObject({ stopReason: "error", errorMessage: expect.stringContaining("rejected the key") });
    expect(world.ends(id)).toEqual(["error"]);
  });

  test("a cut after text was shown is made again, and what was shown is replaced", async () => {
    const world = createWorld({
      script: (_call, turn) =>
        turn === 0 ? failsAfter("half", new MoltError("PROVIDER_CUT", { retryAfterMs: 1 })) : says("whole answer"),
    });
    const id = world.send("hi");
    await ended(world, id);
    expect(world.log()).toEqual(["user: hi", "assistant: whole answer"]);
    const deltas = world.events.flatMap(({ payload }) => ("state" in payload && payload.state === "delta" ? [payload] : []));
    expect(deltas[0]?.deltaText).toBe("half");
    expect(deltas[1]?.replace).toBe(true);
  });
});

describe("messages that arrive in mid-run", () => {
  test("steer: taken at the next step, answered by the run that took it", async () => {
    const busy = gateway();
    const world = createWorld({
      tools: [tool("look", "read", () => busy.opened.then(() => "seen"))],
      script: (_call, turn) => (turn === 0 ? calls({ name: "look", args: {} }) : says("answer to both")),
    });
    const first = world.send("one");
    await until(() => world.log().includes("assistant: <look>"));
    const second = world.send("two");
    expect(world.ends(second)).toEqual(["final"]);
    expect(world.store.get(second)).toMatchObject({ state: "done", merged_into: first });
    busy.open();
    await ended(world, first);
    expect(world.log()).toEqual(["user: one", "assistant: <look>", "toolResult: seen", "user: two", "assistant: answer to both"]);
  });

  test("steer during the last step is still answered", async () => {
    const busy = gateway();
    const world = createWorld({
      script: (_call, turn) => (turn === 0 ? saysAfter(busy.opened, "first answer") : says("second answer")),
    });
    const first = world.send("one");
    await until(() => world.modelCalls.length === 1);
    world.send("two");
    busy.open();
    await ended(world, first);
    expect(world.log()).toEqual(["user: one", "assistant: first answer", "user: two", "assistant: second answer"]);
  });

  test("a steering message survives a kill before it was taken", async () => {
    let world = createWorld({ script: (_call, turn) => (turn === 0 ? hang() : says("answered")) });
    const first = world.send("one");
    await until(() => world.modelCalls.length === 1);
    world.send("two");
    world.crash();
    world = world.revive();
    await ended(world, first);
    expect(world.log()).toEqual(["user: one", "user: two", "assistant: answered"]);
  });

  test("followup: its own run, after the present one", async () => {
    const world = createWorld({ script: (_call, turn) => says(`answer ${turn + 1}`) });
    world.send("one", { id: "a" });
    world.send("two", { id: "b", queueMode: "followup" });
    await ended(world, "b");
    expect(world.log()).toEqual(["user: one", "assistant: answer 1", "user: two", "assistant: answer 2"]);
  });

  test("collect: what waits becomes one run", async () => {
    const world = createWorld({ script: (_call, turn) => says(`answer ${turn + 1}`) });
    world.send("one", { id: "a" });
    world.send("two", { id: "b", queueMode: "collect" });
    world.send("three", { id: "c", queueMode: "collect" });
    await ended(world, "b");
    expect(world.log()).toEqual(["user: one", "assistant: answer 1", "user: two", "user: three", "assistant: answer 2"]);
    expect(world.ends("c")).toEqual(["final"]);
  });

  test("interrupt: stops what runs and goes first", async () => {
    const world = createWorld({ script: (_call, turn) => (turn === 0 ? hang() : says("new answer")) });
    world.send("one", { id: "a" });
    await until(() => world.modelCalls.length === 1);
    world.send("two", { id: "b", queueMode: "interrupt" });
    await ended(world, "b");
    expect(world.ends("a")).toEqual(["aborted"]);
    expect(world.log()).toEqual(["user: one", "user: two", "assistant: new answer"]);
  });

  test("edit and resend: the old branch leaves the conversation", async () => {
    const world = createWorld({ script: (_call, turn) => says(`answer ${turn + 1}`) });
    await ended(world, world.send("one"));
    const old = world.transcript.page(testSession, 10, 0).messages[0]?.id ?? "";
    await ended(world, world.send("one, better", { replaceFrom: old }));
    expect(world.log()).toEqual(["user: one, better", "assistant: answer 2"]);
    expect(() => world.send("again", { replaceFrom: old })).toThrowError(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(world.log()).toEqual(["user: one, better", "assistant: answer 2"]);
  });
});

describe("stopping", () => {
  test("abort keeps what was shown, ends the run once, and nothing is written later", async () => {
    const late = gateway();
    const world = createWorld({ script: () => saysAfterWord("Half", late.opened, "a whole answer") });
    const id = world.send("hi");
    await until(() => world.runner.inFlight(testSession)?.text === "Half");
    expect(world.runner.abort({ sessionKey: testSession }, "stop")).toEqual([id]);
    expect(world.log()).toEqual(["user: hi", "assistant: Half"]);
    late.open();
    await turns(5);
    expect(world.log()).toEqual(["user: hi", "assistant: Half"]);
    expect(world.ends(id)).toEqual(["aborted"]);
  });

  test("abort while an approval waits cancels it", async () => {
    const world = createWorld({ tools: [tool("post", "external")], script: () => calls({ name: "post", args: {} }) });
    const id = world.send("go");
    await asked(world);
    world.runner.abort({ sessionKey: testSession, runId: id }, "stop");
    expect(world.approvals.pending()).toEqual([]);
    expect(world.log().at(-1)).toBe("toolResult: Stopped before this call ran.");
  });

  test("STOP halts everything, lets nothing start, survives a restart, and is lifted", async () => {
    let world = createWorld({ script: (_call, turn) => (turn < 2 ? hang() : says("back")) });
    const [a, b] = [world.send("one", { sessionKey: "agent:main:a" }), world.send("two", { sessionKey: "agent:main:b" })];
    await until(() => world.modelCalls.length === 2);
    expect(world.runner.suspend(true).toSorted()).toEqual([a, b].toSorted());
    expect(() => world.send("three")).toThrowError(expect.objectContaining({ code: "SUSPENDED" }));
    world.crash();
    world = world.revive();
    expect(world.runner.suspended).toBe(true);
    world.runner.suspend(false);
    await ended(world, world.send("four"));
    expect(world.log()).toEqual(["user: four", "assistant: back"]);
  });

  test("runs of different sessions are bounded and fair", async () => {
    const open: (() => void)[] = [];
    const order: string[] = [];
    const world = createWorld({
      settings: { maxConcurrentRuns: 2 },
      script: (call) => {
        order.push(call.sessionKey.slice(-1));
        const turn = gateway();
        open.push(turn.open);
        return saysAfter(turn.opened, "ok");
      },
    });
    const ids = ["a", "b", "c", "d"].map((name) => world.send(name, { sessionKey: `agent:main:${name}` }));
    world.send("a2", { sessionKey: "agent:main:a", queueMode: "followup" });
    await until(() => order.length >= 2);
    expect(order).toEqual(["a", "b"]);
    while (order.length < 5 || open.length > 0) {
      open.shift()?.();
      await turns(4);
    }
    for (const id of ids) expect((await ended(world, id)).state).toBe("done");
    expect(order).toEqual(["a", "b", "c", "d", "a"]);
  });
});
