/**
 * The `gateway-token` file follows the assistant: when the token is replaced in the UI, programs that read the file get
 * the one that works. Asked at every start as well, so that a kill between change and file is made good.
 */

import { type DataFolder, keepToken, readToken } from "./data-folder.ts";
import { callHost, type HostAddress } from "./host-api.ts";

/** The Worker logs this when the token was replaced. */
export const tokenChangedEvent = "auth.gateway-token-changed";

/** True when the file was written anew. Throws DATA_NOT_WRITABLE, and NOT_RUNNING or TIMEOUT when the assistant is silent. */
export async function followGatewayToken(folder: DataFolder, address: HostAddress): Promise<boolean> {
  const { body } = await callHost(address, "GET", "/api/host/gateway-token");
  const token = body?.token;
  if (typeof token !== "string" || token === "" || token === readToken(folder)) return false;
  keepToken(folder, token);
  return true;
}
