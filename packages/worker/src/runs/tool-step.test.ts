import { describe, expect, test } from "vitest";
import * as z from "zod";
import { asked, ended, gateway, toolsWith, turns, until } from "../../../../tests/support/run-moves.ts";
import { calls, createWorld, says } from "../../../../tests/support/run-world.ts";

const tool = toolsWith(z.strictObject({ value: z.string().optional() }));

describe("tools", () => {
  test("reads run side by side, changes one after the other in order", async () => {
    const order: string[] = [];
    const first = gateway();
    const slowRead = tool("look", "read", async ({ value }) => {
      order.push(`start ${value}`);
      if (value === "a") await first.opened;
      else first.open();
      return "seen";
    });
    const change = tool("change", "idempotent", async ({ value }) => {
      order.push(`begin ${value}`);
      await turns(1);
      order.push(`end ${value}`);
      return "changed";
    });
    const world = createWorld({
      tools: [slowRead, change],
      script: (_call, turn) =>
        turn === 0
          ? calls(
              { name: "look", args: { value: "a" } },
              { name: "look", args: { value: "b" } },
              { name: "change", args: { value: "1" } },
              { name: "change", args: { value: "2" } },
            )
          : says("ok"),
    });
    await ended(world, world.send("go"));
    expect(order.filter((line) => line.startsWith("start"))).toEqual(["start a", "start b"]);
    expect(order.filter((line) => !line.startsWith("start"))).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  });

  test("an external call cut in mid-air is never repeated; the model is told that its outcome is unknown", async () => {
    let sent = 0;
    const post = tool("post", "external", async () => {
      sent += 1;
      await new Promise(() => {});
      return "never";
    });
    let world = createWorld({
      tools: [post],
      script: (call) =>
        JSON.stringify(call.request.prompt).includes("tool-result") ? says("I cannot tell") : calls({ name: "post", args: {} }),
    });
    const id = world.send("send it");
    await asked(world);
    world.approvals.resolve(world.approvals.pending()[0]?.id ?? "", true, "owner");
    await until(() => sent === 1);
    world.crash();
    world = world.revive();
    await ended(world, id);
    expect(sent).toBe(1);
    expect(world.log().at(-2)).toContain("outcome is unknown");
    expect(world.db.all("SELECT state FROM tool_calls")).toEqual([{ state: "unknown" }]);
  });

  test("what was approved is what runs, also when the process ended while it waited", async () => {
    const values: (string | undefined)[] = [];
    const post = tool("post", "external", ({ value }) => {
      values.push(value);
      return "sent";
    });
    let world = createWorld({
      tools: [post],
      script: (call) =>
        JSON.stringify(call.request.prompt).includes("tool-result")
          ? says("done")
          : calls({ name: "post", args: { value: "exactly this" } }),
    });
    const id = world.send("go");
    await asked(world);
    expect(world.store.get(id)?.state).toBe("waiting");
    world.crash();
    world = world.revive();
    await until(
      () =>
        world.modelCalls.length === 1 &&
        world.events.filter(
          (seen) =>
            "state" in seen.payload &&
            seen.payload.state === "status" &&
            "phase" in seen.payload &&
            seen.payload.phase === "waiting_approval",
        ).length === 2,
    );
    const pending = world.approvals.pending();
    expect(pending).toHaveLength(1);
    expect(pending[0]?.request.arguments).toEqual({ value: "exactly this" });
    world.approvals.resolve(pending[0]?.id ?? "", true, "owner");
    await ended(world, id);
    expect(values).toEqual(["exactly this"]);
  });

  test("a denied call does not run, and the model hears it", async () => {
    const post = tool("post", "external", () => {
      throw new Error("must not run");
    });
    const world = createWorld({
      tools: [post],
      script: (_call, turn) => (turn === 0 ? calls({ name: "post", args: {} }) : says("fine")),
    });
    const id = world.send("go");
    await asked(world);
    world.approvals.resolve(world.approvals.pending()[0]?.id ?? "", false, "owner");
    await ended(world, id);
    expect(world.log()[2]).toBe("toolResult: The owner said no to this call.");
    expect(() => world.approvals.resolve("none", true, "owner")).toThrowError(
      expect.objectContaining({ code: "APPROVAL_NOT_FOUND" }),
    );
  });

  test("unknown tools, bad arguments and faults of a tool are answers to the model, not ends of the run", async () => {
    const broken = tool("broken", "read", () => {
      throw new Error("inside");
    });
    const world = createWorld({
      tools: [broken],
      script: (_call, turn) =>
        turn === 0
          ? calls({ name: "nothing", args: {} }, { name: "broken", args: { wrong: 1 } }, { name: "broken", args: {} })
          : says("ok"),
    });
    const run = await ended(world, world.send("go"));
    expect(run.state).toBe("done");
    const results = world.log().filter((line) => line.startsWith("toolResult"));
    expect(results.toSorted().map((line) => line.slice(12, 40))).toEqual([
      expect.stringContaining("The arguments are not valid"),
      expect.stringContaining("The tool failed"),
      expect.stringContaining("There is no tool named"),
    ]);
  });

  test("a run stops at its step limit", async () => {
    const world = createWorld({
      tools: [tool("look", "read")],
      settings: { maxSteps: 3 },
      script: () => calls({ name: "look", args: {} }),
    });
    const run = await ended(world, world.send("go"));
    expect(run.state).toBe("failed");
    expect(run.error).toContain("3 steps");
  });
});
