/** Settings of the assistant: a change is sent as a merge patch, checked by the server, and shown only once it holds. */

import { app } from "./app.ts";
import { request } from "./gateway.ts";
import { notify, notifyError } from "./notices.ts";
import type { AppState } from "./state.ts";

/** True when the change holds. */
export async function patchConfig(
  patch: Record<string, Record<string, unknown>>,
  apply: (state: AppState) => AppState,
): Promise<boolean> {
  try {
    const { hash } = await request("config.get", {}, { resend: true });
    await request("config.patch", { raw: JSON.stringify(patch), baseHash: hash });
    app.update(apply);
    notify("Saved.");
    return true;
  } catch (error) {
    notifyError(error);
    return false;
  }
}
