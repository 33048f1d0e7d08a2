/** The real egress function over a network that only records and answers, for unit tests. */

import type { MoltError } from "@moltworker/protocol/errors";
import { createEgress } from "../../packages/worker/src/platform/egress.ts";
import { createLog } from "../../packages/worker/src/platform/log.ts";

export interface Sent {
  url: string;
  init: RequestInit;
  headers: Record<string, string>;
}

/** An egress over fake networks that record what reaches them. Answers are looked up by address; the default is 200 `ok`. */
export function createTestNetwork(answers: Record<string, (sent: Sent) => Response | Promise<Response>> = {}) {
  const sent: Sent[] = [];
  const named: string[] = [];
  const reach = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const record = { url: String(input), init, headers: Object.fromEntries(new Headers(init.headers)) };
    sent.push(record);
    return (await answers[record.url]?.(record)) ?? new Response("ok");
  };
  const lines: string[] = [];
  const egress = createEgress({
    publicFetch: reach as typeof fetch,
    namedFetch: (async (input: unknown, init?: RequestInit) => {
      named.push(String(input));
      return reach(input, init);
    }) as typeof fetch,
    log: createLog((line) => lines.push(line)),
  });
  return { egress, sent, named, lines };
}

/** An answer that leads elsewhere. */
export const redirect =
  (location: string, status = 302) =>
  () =>
    new Response("moved", { status, headers: { location } });

/** `ok`, or the code of the MoltError that came instead. */
export const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (error: MoltError) => error.code,
  );
