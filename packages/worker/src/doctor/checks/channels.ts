import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import { type ErrorCode, errorTable } from "@moltworker/protocol/errors";
import type { AssistantCheck } from "../check.ts";

const open = "#/settings/channels";

/** A channel that fails stops nothing else, so it is easily overlooked; here it is named, with who has to do what. */
export const channels: AssistantCheck = {
  id: "channels",
  title: "Channels",
  about:
    "Each channel's token is accepted, its updates arrive, nobody else reads them, and nothing that was to be sent waits for a person.",
  async run({ channels, probe }) {
    const accounts = (await channels.status({ probe })).filter((account) => account.enabled && account.configured);
    if (accounts.length === 0) return skipped("no channel is connected");
    const broken = accounts.find((account) => account.error !== null && account.state === "failed");
    const troubled = broken ?? accounts.find((account) => account.error !== null);
    if (troubled?.error) {
      const code = codeOf(troubled.error.details.code);
      const cause = `${troubled.channel} (${troubled.accountId}): ${troubled.error.message}`;
      return (broken ? fail : warn)(code, cause, { text: troubled.error.details.hint, open });
    }
    const undelivered = accounts.find((account) => account.sends.dead + account.sends.unknown > 0);
    if (undelivered) {
      const { dead, unknown } = undelivered.sends;
      const cause = `${undelivered.channel} (${undelivered.accountId}): ${dead} messages could not be delivered, ${unknown} may have arrived`;
      return warn("CHANNEL_UNKNOWN", cause, { text: "Look at them under Settings, Channels; send again or set aside.", open });
    }
    return ok(accounts.map((account) => `${account.handle ?? account.channel}: ${account.mode ?? "starting"}`).join(", "));
  },
};

const codeOf = (code: string): ErrorCode => (Object.hasOwn(errorTable, code) ? (code as ErrorCode) : "INTERNAL");
