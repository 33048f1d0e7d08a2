/** Calls that may fail without harm (reactions, rewritten questions, ended buttons): not kept, not repeated. */

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
  delivery: Pick<Delivery, "heldMs" | "hold">;
  open(channel: string, account: string): OpenAccount | undefined;
}

/** With a lane it waits while the provider wants to hear nothing of that chat. */
export type Courtesy = (
  of: { channel: string; account: string },
  work: (calls: ChannelAccount, signal: AbortSignal) => Promise<void> | undefined,
  lane?: string,
) => void;

const callMs = 10_000;

export function createCourtesy({ clock, log, delivery, open }: Dependencies): Courtesy {
  async function pay(...[of, work, lane]: Parameters<Courtesy>): Promise<void> {
    try {
      const heldMs = lane === undefined ? 0 : delivery.heldMs(lane);
      if (heldMs > 0) await clock.sleep(heldMs);
      const account = open(of.channel, of.account);
      if (account) await withDeadline(callMs, (signal) => work(account.calls, signal));
    } catch (error) {
      if (lane !== undefined) delivery.hold(lane, moltErrorFrom(error));
      log.debug("channel.courtesy.failed", { error });
    }
  }
  return (...asked) => void pay(...asked);
}
