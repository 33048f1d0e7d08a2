/** What can be asked about channels, over the socket. `channels.status`, `.logout`, `.start`, `.stop` and `.pairing.*` are OpenClaw's. */

import type {
  ChannelAccountRow,
  ChannelKindRow,
  ChannelMessageRow,
  ChannelPairingRow,
  ChannelSenderRow,
  ChannelSendRow,
  MessageFate,
  SenderRole,
  SendState,
} from "./channels.ts";

export interface ChannelMethods {
  /** OpenClaw's; `kinds` is ours: every channel of the product. */
  "channels.status": {
    params: { probe?: boolean; timeoutMs?: number; channel?: string };
    result: {
      ts: number;
      channelOrder: string[];
      channelLabels: Record<string, string>;
      channels: Record<string, { configured: boolean; running: boolean; lastError: string | null }>;
      channelAccounts: Record<string, ChannelAccountRow[]>;
      channelDefaultAccountId: Record<string, string>;
      kinds: ChannelKindRow[];
    };
  };
  /** Ours: tests the secrets with a real call before they are kept. */
  "channels.connect": {
    params: { channel: string; accountId?: string; secrets: Record<string, string> };
    result: { ok: true; account: ChannelAccountRow };
  };
  "channels.logout": {
    params: { channel: string; accountId?: string };
    result: { channel: string; accountId: string; cleared: boolean };
  };
  "channels.start": {
    params: { channel: string; accountId?: string };
    result: { channel: string; accountId: string; started: boolean };
  };
  "channels.stop": {
    params: { channel: string; accountId?: string };
    result: { channel: string; accountId: string; stopped: boolean };
  };
  /** Ours: a live message, to `to` (a chat) or to the owner's own conversation there. */
  "channels.sendTest": { params: { channel: string; accountId?: string; to?: string }; result: { send: ChannelSendRow } };
  "channels.pairing.list": { params: { channel?: string; accountId?: string }; result: { requests: ChannelPairingRow[] } };
  /** `code` may also be the request's id. `role` is ours; default guest. */
  "channels.pairing.approve": {
    params: { code: string; channel?: string; accountId?: string; role?: Exclude<SenderRole, "blocked"> };
    result: { ok: true; sender: ChannelSenderRow };
  };
  "channels.pairing.dismiss": {
    params: { code: string; channel?: string; accountId?: string };
    result: { ok: true; request: ChannelPairingRow };
  };
  /** Ours: people, their roles, and what became of messages. */
  "channels.senders.list": { params: { channel?: string; accountId?: string }; result: { senders: ChannelSenderRow[] } };
  "channels.senders.set": {
    params: { channel: string; accountId?: string; senderId: string; role: SenderRole };
    result: { ok: true; sender: ChannelSenderRow };
  };
  "channels.senders.remove": {
    params: { channel: string; accountId?: string; senderId: string };
    result: { ok: true; removed: boolean };
  };
  "channels.messages.list": {
    params: { channel?: string; accountId?: string; fate?: MessageFate; limit?: number; before?: string };
    result: { messages: ChannelMessageRow[]; hasMore: boolean };
  };
  "channels.outbox.list": {
    params: { channel?: string; accountId?: string; state?: SendState; limit?: number; before?: string };
    result: { sends: ChannelSendRow[]; hasMore: boolean };
  };
  "channels.outbox.retry": { params: { id: string }; result: { send: ChannelSendRow } };
  "channels.outbox.discard": { params: { id: string }; result: { send: ChannelSendRow } };
}
