/** Requests that wait for their response; those that are safe to repeat survive a cut connection. */

import { errorFromWire, MoltError } from "./errors.ts";
import type { ResponseFrame } from "./frames.ts";

interface Pending {
  text: string;
  resend: boolean;
  sent: boolean;
  resolve(value: unknown): void;
  reject(error: MoltError): void;
  timer: ReturnType<typeof setTimeout>;
}

export interface PendingRequests {
  add(method: string, params: unknown, options: { timeoutMs?: number; resend?: boolean }, sendNow: boolean): Promise<unknown>;
  settle(frame: ResponseFrame): void;
  /** Sends what waits: never sent, or safe to repeat. */
  resendAll(): void;
  /** After a cut: rejects what was sent and must not be repeated blindly. */
  rejectUnsafe(error: MoltError): void;
  rejectAll(error: MoltError): void;
}

export function createPendingRequests(send: (text: string) => void): PendingRequests {
  const waiting = new Map<string, Pending>();
  let counter = 0;

  const take = (id: string): Pending | undefined => {
    const pending = waiting.get(id);
    if (pending) {
      waiting.delete(id);
      clearTimeout(pending.timer);
    }
    return pending;
  };

  return {
    add(method, params, options, sendNow) {
      counter += 1;
      const id = `r${counter}`;
      return new Promise((resolve, reject) => {
        const expire = () => take(id)?.reject(new MoltError("TIMEOUT", { message: `no answer to ${method} in time` }));
        const text = JSON.stringify({ type: "req", id, method, params });
        const timer = setTimeout(expire, options.timeoutMs ?? 30_000);
        waiting.set(id, { text, resend: options.resend === true, sent: sendNow, resolve, reject, timer });
        if (sendNow) send(text);
      });
    },
    settle(frame) {
      const pending = take(frame.id);
      if (frame.ok) pending?.resolve(frame.payload);
      else pending?.reject(errorFromWire(frame.error));
    },
    resendAll() {
      for (const pending of waiting.values()) {
        pending.sent = true;
        send(pending.text);
      }
    },
    rejectUnsafe(error) {
      for (const [id, pending] of [...waiting]) {
        if (pending.sent && !pending.resend) take(id)?.reject(error);
      }
    },
    rejectAll(error) {
      for (const id of [...waiting.keys()]) take(id)?.reject(error);
    },
  };
}
