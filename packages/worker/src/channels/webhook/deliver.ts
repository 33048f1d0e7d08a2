/** One answer to the other program: signed, and its receipt or the reason why not. */

import { isMoltError, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { AccountLink, Outgoing } from "../../delivery/channel.ts";
import { signStandard } from "../../platform/webhook-signature.ts";

const policy = { named: true, maxBytes: 100_000, firstByteTimeoutMs: 20_000 };

/** Throws CHANNEL_*: see the channel contract. Doing it twice is harmless, since the id is the same. */
export async function deliver(
  link: AccountLink,
  url: string | null,
  message: Outgoing,
  signal: AbortSignal,
): Promise<{ messageId: string }> {
  if (url === null)
    throw new MoltError("CHANNEL_REFUSED", {
      message: "this webhook has no address for answers",
      hint: "Set the url of the account under Admin, Channels; then send it again.",
    });
  const body = new TextEncoder().encode(JSON.stringify(payloadOf(link.accountId, message)));
  const signed = await signStandard(link.secret("secret"), { id: message.key, timestampMs: link.clock.now(), body });
  const headers = { "content-type": "application/json", "user-agent": "moltworker-webhook", ...signed };
  let response: Response;
  try {
    response = await link.egress.fetch(url, { method: "POST", headers, body, signal }, policy);
  } catch (thrown) {
    if (isMoltError(thrown) && thrown.code === "EGRESS_BLOCKED")
      throw new MoltError("CHANNEL_REFUSED", { message: thrown.message, hint: thrown.hint });
    // It may have arrived; sent again under the same id it does no harm.
    throw new MoltError("CHANNEL_UNKNOWN", { message: moltErrorFrom(thrown).message, cause: thrown });
  }
  const text = await response.text().catch(() => "");
  if (response.ok) return { messageId: receiptIn(text) ?? message.key };
  throw failureOf(response, text);
}

function payloadOf(account: string, { key, place, content, replyTo }: Outgoing): object {
  const file = "bytes" in content;
  return {
    type: "message",
    id: key,
    account,
    chatId: place.chatId,
    ...(place.threadId === undefined ? {} : { threadId: place.threadId }),
    ...(replyTo === undefined ? {} : { replyTo }),
    text: file ? (content.caption?.markdown ?? "") : content.markdown,
    ...(file ? { file: { fileName: content.fileName, mimeType: content.mimeType, base64: base64From(content.bytes) } } : {}),
  };
}

function base64From(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

/** The receiver's own id for it, when it gives one. */
function receiptIn(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === "string" || typeof id === "number" ? String(id).slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}

function failureOf(response: Response, text: string): MoltError {
  const { status } = response;
  const message = `the receiver answered ${status}${text.trim() === "" ? "" : `: ${text.trim().slice(0, 200)}`}`;
  const seconds = Number(response.headers.get("retry-after"));
  const wait = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
  if (status === 429) return new MoltError("CHANNEL_LIMITED", { message, retryAfterMs: 5_000, ...wait });
  if (status === 410) return new MoltError("CHANNEL_CHAT_GONE", { message, hint: "Set a new url for the account." });
  if (status === 408 || status >= 500) return new MoltError("CHANNEL_UNAVAILABLE", { message, ...wait });
  const hint = "Correct what the receiver says; then send it again from the message log.";
  return new MoltError("CHANNEL_REFUSED", { message, hint });
}
