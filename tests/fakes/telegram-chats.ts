/** The chats behind the fake Bot API: what stands in each, and who has blocked the bot. Message ids rise per chat. */

export interface StandingMessage {
  message_id: number;
  text: string;
  /** Texts before edits, oldest first. */
  versions: string[];
  sentAt: number;
  threadId?: number;
  method: string;
  buttons?: { text: string; callback_data: string }[][];
}

export class TelegramChats {
  readonly messages = new Map<number, StandingMessage[]>();
  readonly reactions: { chatId: number; messageId: number; emoji: string }[] = [];
  readonly blockedBy = new Set<number>();
  readonly unknown = new Set<number>();
  private readonly files = new Map<string, Uint8Array>();
  private anyFile: Uint8Array | undefined;
  private nextId = 9_000;

  in(chatId: number): StandingMessage[] {
    const known = this.messages.get(chatId);
    if (known) return known;
    const made: StandingMessage[] = [];
    this.messages.set(chatId, made);
    return made;
  }

  add(chatId: number, message: Omit<StandingMessage, "message_id" | "versions" | "sentAt">): StandingMessage {
    this.nextId += 1;
    const standing = { ...message, message_id: this.nextId, versions: [], sentAt: Date.now() };
    this.in(chatId).push(standing);
    return standing;
  }

  find(chatId: number, messageId: number): StandingMessage | undefined {
    return this.in(chatId).find((message) => message.message_id === messageId);
  }

  remove(chatId: number, messageId: number): void {
    this.messages.set(
      chatId,
      this.in(chatId).filter((message) => message.message_id !== messageId),
    );
  }

  texts(chatId: number): string[] {
    return this.in(chatId).map((message) => message.text);
  }

  addFile(path: string, bytes: Uint8Array): void {
    this.files.set(path, bytes);
  }

  /** From now on every file that is asked for exists, with these bytes. */
  addEvery(bytes: Uint8Array): void {
    this.anyFile = bytes;
  }

  file(path: string): Uint8Array | undefined {
    return this.files.get(path) ?? this.anyFile;
  }
}
