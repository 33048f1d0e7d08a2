import { Hono } from "hono";
import { expect, test } from "vitest";
import { errorAnswer } from "../edge/answers.ts";
import type { Part } from "./part.ts";
import { createPartsGuard } from "./parts-guard.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const guarded = () => createPartsGuard({ now: () => 7, sleep: async () => {} }, quiet);

interface Radio extends Part {
  service: { status(): Promise<string[]>; deep: { tune(): void } };
  seenAt(place: string): void;
}
const broken = (): Radio => {
  throw new Error("the antenna is gone");
};

test("a part that throws while it is built is left out and named", () => {
  const guard = guarded();
  const part = guard.around(guard.make("radio", broken));
  expect(guard.faults()).toEqual([{ part: "radio", during: "start", message: "the antenna is gone", at: 7 }]);
  expect({ ...part }).toEqual({});
  expect([part.routes, part.timers, part.wake, part.prune, part.answer]).toEqual(Array(5).fill(undefined));
});

test("what others ask of it is refused in words, at any depth, and a stand-in answers", () => {
  const guard = guarded();
  const { service, seenAt } = guard.make("radio", broken, { seenAt: () => undefined });
  expect(() => service.status()).toThrow("radio could not start and is switched off");
  expect(() => service.deep.tune()).toThrow(expect.objectContaining({ code: "UNAVAILABLE", retryable: false }));
  expect(seenAt("here")).toBeUndefined();
});

test("where it would answer, its name does, to whoever asks; others are not in the way", async () => {
  const guard = guarded();
  guard.make("snapshots", broken);
  guard.make("import", broken);
  const app = new Hono();
  app.get("/api/import/sources", (context) => context.text("mine"));
  guard.refusals(app, (() => undefined) as never);
  app.all("*", (context) => context.text("nobody's", 404));
  app.onError((error) => errorAnswer(error));
  const ask = async (path: string, method = "GET") => {
    const answer = await app.request(path, { method });
    return `${answer.status} ${/snapshots|import/.exec(await answer.text())?.[0] ?? ""}`;
  };
  expect(await Promise.all([ask("/api/snapshots/x.tar"), ask("/api/admin/storage/sync", "POST")])).toEqual([
    "503 snapshots",
    "503 snapshots",
  ]);
  expect([await ask("/api/import", "PUT"), await ask("/api/import/sources")]).toEqual(["503 import", "200 "]);
  expect([await ask("/api/snapshotsx"), await ask("/api/export"), await ask("/v1/models")]).toEqual(Array(3).fill("404 "));
});

test("one that is well is the very same, and a failure at waking is its own", () => {
  const guard = guarded();
  const woken: string[] = [];
  const well: Part = { name: "lamp", wake: () => void woken.push("lamp") };
  expect(guard.make("lamp", () => well)).toBe(well);
  const lamp = guard.around(well);
  const sick = guard.around({
    name: "bell",
    wake: () => {
      throw new Error("it rusted");
    },
  });
  for (const part of [sick, lamp]) part.wake?.();
  expect(woken).toEqual(["lamp"]);
  expect(guard.faults()).toMatchObject([{ part: "bell", during: "wake", message: "it rusted" }]);
});

test("routes that cannot be added cost only themselves, and what could not start is not woken", () => {
  const guard = guarded();
  let woken = 0;
  const part = guard.around({
    name: "door",
    routes: () => {
      throw new Error("no hinge");
    },
    wake: () => void (woken += 1),
  });
  part.routes?.({} as never, (() => undefined) as never);
  part.wake?.();
  expect([woken, guard.faults()[0]?.message]).toEqual([0, "no hinge"]);
});
