/** `moltworker link`: a fresh one-time sign-in link for the running assistant. */

import type { Output } from "../output.ts";
import { createLink } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export async function link(options: { data?: string }, output: Output): Promise<void> {
  const created = await createLink(findRunning(options.data));
  output.result(created.link, { type: "link", ...created });
}
