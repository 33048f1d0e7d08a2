/** Calls that may fail without harm (typing, reactions, rewritten questions, ended buttons): not kept, not repeated. */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import type { ChannelAccount } from "./channel.ts";
import type { Delivery } from "./deliver.ts";
import type { OpenAccount } from "./live-account.ts";

interface Dependencies {
  clock: Clock;
  log: Log;
  delivery: Pick<Delivery, "heldMs" | "courtesy">;
  open(channel: string, account: string): OpenAccount | undefined;
}

/**
 * Which chat it concerns, and how long it keeps: `now` or never; until its `turn`, and dropped when the provider wants to hear
 * nothing of the chat; or also until the provider does again (`late`).
 */
export interface CourtesyTurn {
  lane: string;
  keeps: "now" | "turn" | "late";
}

/** Without a turn it concerns no chat. */
export type Courtesy = (
  of: { channel: string; account: string },
  work: (calls: ChannelAccount, signal: AbortSignal) => Promise<void> | undefined,
  turn?: CourtesyTurn,
) => void;

const callMs = 10_000;
/** So often the provider may put off a `late` one. */
const delayLimit = 5;

export function createCourtesy({ clock, log, delivery, open }: Dependencies): Courtesy {
  async function pay(...[of, work, turn]: Parameters<Courtesy>): Promise<void> {
    const call = async () => {
      const account = open(of.channel, of.account);
      if (account) await withDeadline(callMs, (signal) => work(account.calls, signal));
    };
    if (!turn) return call();
    for (let delays = 0; delays < delayLimit; delays += 1) {
      if ((await delivery.courtesy(turn.lane, turn.keeps === "now", call)) || turn.keeps !== "late") return;
      await clock.sleep(Math.max(100, delivery.heldMs(turn.lane)));
    }
  }
  return (...asked) =>
    void pay(...asked).catch((error: unknown) =>
      log.debug("channel.courtesy.failed", { code: moltErrorFrom(error).code, error }),
    );
}
