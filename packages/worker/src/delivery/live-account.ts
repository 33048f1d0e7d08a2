/** An account as it lives in memory, and the side of it that brings updates. */

import type { MoltError } from "@moltworker/protocol/errors";
import type { ChannelAccountSettings } from "../config/sections/channels.ts";
import type { Channel, ChannelAccount, ChannelTraits, Identity } from "./channel.ts";

export interface LiveAccount {
  id: string;
  channel: Channel;
  calls: ChannelAccount;
  settings: ChannelAccountSettings;
  /** Known once it was proved. */
  self: Identity | undefined;
  configured: boolean;
  error: MoltError | undefined;
  feed: Feed;
  /** Epoch ms before which it is not proved again. */
  restUntil: number;
  startedAt: number | null;
}

/** One that can send. */
export interface OpenAccount {
  id: string;
  channel: string;
  traits: ChannelTraits;
  calls: ChannelAccount;
}

export interface Feed {
  readonly mode: "webhook" | "polling" | null;
  /** Why this mode, in a sentence. */
  readonly reason: string | null;
  readonly webhookUrl: string | null;
  readonly running: boolean;
  /** Sees to it that updates arrive. Throws what the provider said. */
  ensure(): Promise<void>;
  stop(): void;
}
