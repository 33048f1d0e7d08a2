/** A secret as it reaches a command: typed and not shown, or piped. Never on the line that `ps` shows. */

import { createInterface } from "node:readline/promises";
import { MoltError } from "@moltworker/protocol/errors";

/** `what`: for the question, "Value for api.github.com". Throws USAGE when there is none. */
export async function readSecret(what: string): Promise<string> {
  const value = (process.stdin.isTTY && process.stderr.isTTY ? await typed(what) : await piped()).trim();
  if (value !== "") return value;
  throw new MoltError("USAGE", { message: `${what}: nothing was given`, hint: "Type it, or pipe it to the command." });
}

async function typed(what: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  process.stderr.write(`${what} (it is not shown): `);
  const shown = process.stderr.write.bind(process.stderr);
  // What is typed is not written back.
  process.stderr.write = () => true;
  try {
    return await lines.question("");
  } finally {
    process.stderr.write = shown;
    shown("\n");
    lines.close();
  }
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
