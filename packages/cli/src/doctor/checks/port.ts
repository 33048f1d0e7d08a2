import { createServer } from "node:net";
import { fail, ok, skipped } from "@moltworker/protocol/doctor";
import { portTaken } from "../../supervisor/start-failure.ts";
import type { OutsideCheck } from "../check.ts";

const host = "127.0.0.1";

export const port: OutsideCheck = {
  id: "port",
  title: "Port",
  about: "While nothing runs: no other program has the port on which the assistant would listen (`--port`, by default 8787).",
  async run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    if (local.holder) return skipped("the assistant has its port");
    const wanted = local.startPort;
    if (!(await isTaken(wanted))) return ok(`port ${wanted} is free`);
    const error = portTaken(host, wanted);
    return fail("PORT_TAKEN", error.message, { text: error.hint, command: "npm start -- --port 0" });
  },
};

function isTaken(wanted: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen(wanted, host, () => server.close(() => resolve(false)));
  });
}
