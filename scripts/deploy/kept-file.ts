/** What this machine keeps of a deployment, one file for each thing. A deployment is `<account id>-<worker>`. */

import { join } from "node:path";

export function keptFile(folder: string, deployment: string, thing: "token" | "containers"): string {
  return join(folder, `${deployment.replaceAll(/[^\w-]/g, "_")}.${thing}`);
}
