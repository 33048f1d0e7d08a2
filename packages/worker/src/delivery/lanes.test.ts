import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelTraits } from "./channel.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import type { OpenAccount } from "./live-account.ts";
import type { StoredSend } from "./sends.ts";

const traits = { accountPerSecond: Number.POSITIVE_INFINITY } as ChannelTraits;
const account = { id: "default", channel: "test", traits, calls: {} } as OpenAccount;

interface Call {
  lane: string;
  end(): Promise<void>;
}

let rows: Map<string, StoredSend[]>;
let calls: Call[];
let lanes: Lanes;

const row = (lane: string, change: Partial<StoredSend> = {}) =>
  ({ lane, channel: "test", account: "default", kind: "notice", attempts: 0, due_at: 0, receipt: null, ...change }) as StoredSend;
const owe = (lane: string, ...sends: StoredSend[]) => {
  rows.set(lane, sends);
  lanes.touch(lane);
};
const inTheAir = () => calls.map(({ lane }) => lane);
const turnOfTheLoop = () => vi.advanceTimersByTimeAsync(0);

function makeLanes(): Lanes {
  return createLanes({
    sends: { next: (lane) => rows.get(lane)?.[0], lanes: () => [] },
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    open: () => account,
    claims: (send) => send.kind === "answer" && send.receipt === null,
    work: (lane) =>
      new Promise<void>((resolve) => {
        const call: Call = {
          lane,
          end: () => {
            rows.get(lane)?.shift();
            calls.splice(calls.indexOf(call), 1);
            resolve();
            return turnOfTheLoop();
          },
        };
        calls.push(call);
      }),
    schedule: () => {},
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  rows = new Map();
  calls = [];
  lanes = makeLanes();
});
afterEach(() => vi.useRealTimers());

/** A courtesy that is in the air until it is let go. */
function courtesy(lane: string, now: boolean) {
  let end = () => {};
  const over = () => {
    end();
    return turnOfTheLoop();
  };
  const seen = { made: undefined as boolean | undefined, begun: false, end: over };
  void lanes
    .courtesy(lane, now, () => {
      seen.begun = true;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    })
    .then((made) => {
      seen.made = made;
    });
  return seen;
}

describe("one chat", () => {
  it("has one call in the air, whatever it is for", async () => {
    owe("a", row("a"), row("a"));
    const typing = courtesy("a", true);
    const reaction = courtesy("a", false);
    await turnOfTheLoop();
    expect([inTheAir(), typing.made, reaction.begun]).toEqual([["a"], false, false]);
    await calls[0]?.end();
    expect([inTheAir(), reaction.begun]).toEqual([[], true]);
    await reaction.end();
    expect([inTheAir(), reaction.made]).toEqual([["a"], true]);
  });

  it("is not called while the provider wants to hear nothing of it: courtesies that waited are dropped", async () => {
    owe("a", row("a"), row("a"));
    const waited = courtesy("a", false);
    lanes.hold("a", Date.now() + 3_000);
    await calls[0]?.end();
    const late = courtesy("a", false);
    await vi.advanceTimersByTimeAsync(2_990);
    expect([inTheAir(), waited.begun, waited.made, late.made]).toEqual([[], false, false, false]);
    await vi.advanceTimersByTimeAsync(20);
    expect(inTheAir()).toEqual(["a"]);
  });

  it("is left alone in this life for as long as an earlier one was told", async () => {
    rows.set("a", [row("a", { attempts: 1, due_at: Date.now() + 5_000 })]);
    const early = courtesy("a", false);
    await turnOfTheLoop();
    expect([early.made, lanes.heldMs("a")]).toEqual([false, 5_000]);
  });
});

describe("placeholders", () => {
  const answer = (lane: string) => row(lane, { kind: "answer" });

  it("are on their way one at a time, in the order in which chats asked; what is no placeholder passes them", async () => {
    for (const lane of ["a", "b", "c"]) owe(lane, answer(lane));
    owe("d", row("d", { kind: "answer", receipt: "1" }));
    expect(inTheAir()).toEqual(["a", "d"]);
    await calls[0]?.end();
    expect(inTheAir()).toEqual(["d", "b"]);
    await calls[1]?.end();
    expect(inTheAir()).toEqual(["d", "c"]);
  });

  it("do not wait for ever for one that is not answered", async () => {
    for (const lane of ["a", "b"]) owe(lane, answer(lane));
    await vi.advanceTimersByTimeAsync(1_900);
    expect(inTheAir()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(inTheAir()).toEqual(["a", "b"]);
  });

  it("pass on the turn when the one whose turn it is has nothing to say any more", async () => {
    for (const lane of ["a", "b", "c"]) owe(lane, answer(lane));
    rows.set("b", []);
    await calls[0]?.end();
    expect(inTheAir()).toEqual(["c"]);
  });
});
