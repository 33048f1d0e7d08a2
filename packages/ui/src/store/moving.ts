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

export const applyImport = (hash: string): Promise<ImportReport> => post<ImportReport>("/api/import/apply", { hash });
