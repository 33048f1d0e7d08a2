/** The fake provider as its own process: `node provider-main.ts --port N [--tokens 200] [--delay 20] [--key KEY] [--keep N]`. Prints one JSON line when ready. */

import { parseArgs } from "node:util";
import { startFakeProvider } from "./provider.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    tokens: { type: "string" },
    delay: { type: "string", default: "0" },
    key: { type: "string" },
    keep: { type: "string", default: "100000" },
  },
});

const fake = await startFakeProvider({
  port: Number(values.port),
  delayMs: Number(values.delay),
  keep: Number(values.keep),
  ...(values.tokens === undefined ? {} : { tokens: Number(values.tokens) }),
  ...(values.key === undefined ? {} : { apiKey: values.key }),
});
console.log(JSON.stringify({ event: "ready", url: fake.url, port: fake.port }));

const stop = () => void fake.close().then(() => process.exit(0));
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
