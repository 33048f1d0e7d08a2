/** The service behind `channels.*`: what methods, checks and other parts may ask of channels. `create-channels.ts` builds it. */

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
} from "@moltworker/protocol/channels";

/** `accountId` is `default` when it is not said. */
export interface AccountRef {
  channel: string;
  accountId?: string | undefined;
}

export interface PageOf {
  channel?: string | undefined;
  accountId?: string | undefined;
  limit?: number | undefined;
  /** Id of the last row of the page before. */
  before?: string | undefined;
}

export interface Channels {
  kinds(): ChannelKindRow[];
  /** Every configured account. `probe` asks each provider now. */
  status(options: { probe?: boolean }): Promise<ChannelAccountRow[]>;
  /** Tests the secrets with a real call before they are kept; throws what the provider said and changes nothing. */
  connect(ref: AccountRef, secrets: Record<string, string>, by: string): Promise<ChannelAccountRow>;
  /** Forgets the secrets and lets go of the webhook. */
  logout(ref: AccountRef, by: string): Promise<boolean>;
  setEnabled(ref: AccountRef, enabled: boolean, by: string): Promise<ChannelAccountRow>;
  /** A live message; without `to` it goes to the owner's conversation there. Throws CHANNEL_NO_RECIPIENT. */
  sendTest(ref: AccountRef, to?: string): Promise<ChannelSendRow>;
  /** Something said unasked, to a chat or to the owner's conversation. One send: an unknown outcome is reported, never repeated. */
  notify(ref: AccountRef, text: string, options?: { chatId?: string; threadId?: string; key?: string }): ChannelSendRow;
  pairings(): ChannelPairingRow[];
  /** Throws NOT_FOUND, CHANNEL_CODE_WRONG after too many. `reference` is the request's id or its code. */
  approvePairing(reference: string, role: Exclude<SenderRole, "blocked">, by: string): ChannelSenderRow;
  dismissPairing(reference: string, by: string): ChannelPairingRow;
  senders(filter: Pick<PageOf, "channel" | "accountId">): ChannelSenderRow[];
  setSender(ref: AccountRef, senderId: string, role: SenderRole, by: string): ChannelSenderRow;
  /** False when there was none. Who comes from the settings stays until the settings change. */
  removeSender(ref: AccountRef, senderId: string, by: string): boolean;
  messages(page: PageOf & { fate?: MessageFate | undefined }): { messages: ChannelMessageRow[]; hasMore: boolean };
  sends(page: PageOf & { state?: SendState | undefined }): { sends: ChannelSendRow[]; hasMore: boolean };
  /** Sends a dead or unknown one again: a person's decision. Throws NOT_FOUND, CONFLICT. */
  retrySend(id: string): ChannelSendRow;
  /** A dead or unknown one needs nothing more. */
  discardSend(id: string): ChannelSendRow;
}
