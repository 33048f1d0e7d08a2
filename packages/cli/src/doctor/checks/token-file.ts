import { chmodSync, readFileSync, statSync } from "node:fs";
import { fail, ok, skipped } from "@moltworker/protocol/doctor";
import { tokenPath } from "../../supervisor/data-folder.ts";
import { followGatewayToken } from "../../supervisor/token-file.ts";
import type { LocalTarget, OutsideCheck } from "../check.ts";

export const tokenFile: OutsideCheck = {
  id: "token-file",
  title: "Gateway token's file",
  about: "The file `gateway-token` of the data folder is there, is not empty, and only its owner can read it.",
  run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    const path = tokenPath(local.folder);
    const state = statSync(path, { throwIfNoEntry: false });
    if (!state && !local.run) return skipped("it is made at the first start");
    if (!state?.isFile() || readFileSync(path, "utf8").trim() === "") {
      const cause = `${path} ${state ? "holds no token" : "is missing"}`;
      return fail(
        "AUTH_TOKEN_MISSING",
        cause,
        {
          text: "Write the assistant's token into it again.",
          command: "moltworker doctor --fix",
        },
        local.run !== undefined,
      );
    }
    const mode = state.mode & 0o777;
    if ((mode & 0o077) === 0) return ok(path);
    const cure = { text: "Close it to others; if they may have read it, change the token.", command: `chmod 600 ${path}` };
    return fail("FILE_EXPOSED", `other users can read ${path} (mode ${mode.toString(8)})`, cure, true);
  },
  async fix({ local }) {
    const { folder, run } = local as LocalTarget;
    const path = tokenPath(folder);
    if (run && (await followGatewayToken(folder, run))) return `${path} holds the assistant's token again`;
    chmodSync(path, 0o600);
    return `only its owner can read ${path} now`;
  },
};
