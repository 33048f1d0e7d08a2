/** The two headers by which an object and its container know each other. */

import type { ContainerRow } from "./container-row.ts";

export const generationHeader = "x-moltworker-generation";

/** The request as this generation takes it; whatever the caller wrote there is replaced. */
export function fencedRequest({ generation, secret }: Pick<ContainerRow, "generation" | "secret">, request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set(generationHeader, String(generation));
  headers.set("authorization", `Bearer ${secret}`);
  return new Request(request, { headers });
}

export function isAnswerOf({ generation }: Pick<ContainerRow, "generation">, answer: Response): boolean {
  return answer.ok && answer.headers.get(generationHeader) === String(generation);
}
