/**
 * One turn with everything in it: a message, a tool that reads, one that acts after a person allowed it, an answer. Each of its
 * writes fails in turn, once as on a full disk and once as the last thing a killed process does; then the next life begins.
 */

import { expect, test } from "vitest";
import * as z from "zod";
import { type Fuse, fused } from "../support/fuse.ts";
import { toolsWith, turns } from "../support/run-moves.ts";
import { calls, createWorld, says, type World } from "../support/run-world.ts";

const tool = toolsWith(z.strictObject({ value: z.string().optional() }));
const runId = "run-turn";
/** A life is given up after so many turns of the event loop without an end; the next one then begins. */
const patience = 400;

interface Played {
  world: World;
  acted: number;
  /** Errors that the sender saw; empty when the message was acknowledged at once. */
  refusals: string[];
  /** The run's own end in the life of the failure. */
  lives: number;
}

async function play(fuse: Fuse): Promise<Played> {
  const played = { acted: 0, refusals: [] as string[], lives: 0 };
  let world = createWorld({
    wrap: (db) => fused(db, fuse),
    tools: [
      tool("look", "read", () => "seen"),
      tool("pay", "external", () => {
        played.acted += 1;
        return "paid";
      }),
    ],
    // Looks at the conversation, not at a counter, so that it says the same in every life.
    script: ({ request }) => {
      const prompt = JSON.stringify(request.prompt);
      if (prompt.includes("tool-result") && prompt.includes("pay")) return says("all done");
      return prompt.includes("tool-result") ? calls({ name: "pay", args: {} }) : calls({ name: "look", args: {} });
    },
  });
  const current = () => world;
  if (fuse.kill) fuse.kill = () => current().crash();
  for (; played.lives < 6; played.lives += 1) {
    if (played.lives > 0) {
      world.crash();
      fuse.at = 0;
      world = world.revive();
    }
    if (await live(world, played.refusals)) break;
  }
  return { ...played, world };
}

/** True when the run has ended in this life. The sender sends again until it is acknowledged; the person allows what is asked. */
async function live(world: World, refusals: string[]): Promise<boolean> {
  let acknowledged = false;
  for (let turn = 0; turn < patience; turn += 1) {
    try {
      if (!acknowledged) world.send("go", { id: runId });
      acknowledged = true;
      for (const { id } of world.approvals.pending()) world.approvals.resolve(id, true, "owner");
      if (["done", "failed", "aborted"].includes(world.store.get(runId)?.state ?? "")) return true;
    } catch (error) {
      refusals.push(String(error));
      if (/life is over/.test(String(error))) return false;
    }
    await turns(1);
  }
  return false;
}

const count = async () => {
  const fuse: Fuse = { at: 0, writes: 0 };
  const { world, acted } = await play(fuse);
  expect([world.store.get(runId)?.state, acted]).toEqual(["done", 1]);
  return fuse.writes;
};

function expectWhole({ world, acted, lives }: Played, where: string): void {
  const log = world.log();
  const number = (line: string) => log.filter((one) => one === line).length;
  const state = world.store.get(runId)?.state;
  expect(number("user: go"), `${where}: the message stands once in ${log}`).toBe(1);
  expect(acted, `${where}: it acted more than once`).toBeLessThanOrEqual(1);
  expect(["done", "failed"], `${where}: the run ended, after ${lives + 1} lives, in ${log}`).toContain(state);
  if (state === "done") {
    expect(number("assistant: all done"), `${where}: one answer in ${log}`).toBe(1);
    // Cut between acting and writing that down, the model is told that the outcome is unknown; otherwise it has acted.
    expect(
      log.some((line) => /^toolResult: (paid|.*(unknown|not known))/.test(line)),
      `${where}: ${log}`,
    ).toBe(true);
  } else {
    const row = world.db.one<{ error: string }>("SELECT error FROM runs WHERE id = ?", runId);
    expect(row?.error, `${where}: a run that failed says why`).toMatch(/"code"/);
  }
}

test("killed at each write of a turn: the message once, at most one act, one answer", async () => {
  const writes = await count();
  expect(writes).toBeGreaterThan(20);
  for (let at = 1; at <= writes; at += 1) {
    const played = await play({ at, writes: 0, kill: () => undefined });
    expectWhole(played, `write ${at} of ${writes}`);
    expect(played.world.store.get(runId)?.state, `write ${at} of ${writes}`).toBe("done");
  }
});

test("each write of a turn refused by a full disk: the same, or the run has failed in words", async () => {
  const writes = await count();
  for (let at = 1; at <= writes; at += 1) expectWhole(await play({ at, writes: 0 }), `write ${at} of ${writes}`);
});
