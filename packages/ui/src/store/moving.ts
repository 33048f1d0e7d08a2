/** Import over HTTP: the archive goes up, a report comes down. */

import { errorFromWire, MoltError } from "@moltworker/protocol/errors";
import type { ImportReport } from "@moltworker/protocol/import";
import { post } from "./sign-in.ts";

/** Throws MoltError. */
export async function stageArchive(file: File): Promise<ImportReport> {
  let response: Response;
  try {
    response = await fetch(`/api/import?name=${encodeURIComponent(file.name)}`, {
      method: "PUT",
      headers: { "content-type": "application/x-tar" },
      body: file,
    });
  } catch (cause) {
    throw new MoltError("UNAVAILABLE", {
      message: "the upload broke off",
      hint: "Check that the assistant runs; a large archive may be refused by a proxy in between: use `moltworker import`.",
      cause,
    });
  }
  const answer = (await response.json().catch(() => undefined)) as (ImportReport & { error?: unknown }) | undefined;
  if (response.ok && answer) return answer;
  throw errorFromWire(answer?.error);
}

/** Name of the bucket that an older moltworker left here; null when there is none. */
export async function oldBucket(): Promise<string | null> {
  const response = await fetch("/api/import/sources").catch(() => undefined);
  if (!response?.ok) return null;
  return ((await response.json()) as { bucket: string | null }).bucket;
}

/** Throws MoltError. */
export async function stageBucket(): Promise<ImportReport> {
  const response = await fetch("/api/import/bucket", { method: "PUT" }).catch((cause: unknown) => {
    throw new MoltError("UNAVAILABLE", { cause });
  });
  const answer = (await response.json().catch(() => undefined)) as (ImportReport & { error?: unknown }) | undefined;
  if (response.ok && answer) return answer;
  throw errorFromWire(answer?.error);
}

export const applyImport = (hash: string): Promise<ImportReport> => post<ImportReport>("/api/import/apply", { hash });
