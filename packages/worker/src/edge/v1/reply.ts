/** What a form of the API makes of an answer: one object when it is whole, or events while it grows. */

import type { MoltError } from "@moltworker/protocol/errors";
import type { Answer } from "./answer.ts";
import type { EventStream } from "./event-stream.ts";
import type { StoredRequest } from "./request-store.ts";

export interface Reply {
  /** The whole answer; throws its error when there is none in this form. */
  whole(request: StoredRequest, answer: Answer): object;
  /** Writes the events of one answer. */
  stream(request: StoredRequest, out: Pick<EventStream, "send">): ReplyStream;
}

export interface ReplyStream {
  text(delta: string): void;
  end(answer: Answer): void;
  failed(error: MoltError): void;
}
