/** What the fake provider remembers of each request. */

import type { Conversation } from "./reply.ts";
import type { Json, Wire } from "./wire.ts";

export interface FakeRequest extends Conversation {
  /** 0, 1, 2 … in order of arrival. */
  index: number;
  /** Epoch milliseconds of arrival (whole request read). */
  at: number;
  path: string;
  dialect: Wire["name"];
  model: string;
  stream: boolean;
  /** The expected key came. true when none is expected. */
  keyOk: boolean;
  /** A key in the URL, which must never happen. */
  keyInUrl: boolean;
  /** Without authorization, x-api-key, x-goog-api-key and cookie. */
  headers: Record<string, string>;
  body: Json;
  /** Bytes of the body. */
  bodyBytes: number;
  /** Every text part of the user messages after the last assistant message or tool result. */
  userTexts: string[];
  /** Tools offered, by name. */
  tools: string[];
  /** open until the whole answer was written (done), we cut it (cut), or the client went away (closed). */
  state: "open" | "done" | "cut" | "closed";
}
