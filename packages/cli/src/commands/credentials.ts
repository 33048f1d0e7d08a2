/** `moltworker credentials`: the hosts to whose requests the assistant adds a credential on the sandbox's way out. */

import type { ContainerCredential } from "@moltworker/protocol/containers";
import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { readSecret } from "../secret-input.ts";
import { answerError, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export interface CredentialOptions {
  data?: string;
  scheme?: string;
  header?: string;
  url?: string;
}

export async function credentials(
  action: string,
  host: string | undefined,
  options: CredentialOptions,
  output: Output,
): Promise<void> {
  if (action === "list") return list(options, output);
  if (action !== "set" && action !== "remove")
    throw new MoltError("USAGE", { message: `there is no \`credentials ${action}\``, hint: "Say list, set or remove." });
  if (host === undefined)
    throw new MoltError("USAGE", {
      message: `credentials ${action}: the host is missing`,
      hint: "Say it as commands in the sandbox do: api.github.com.",
    });
  if (action === "remove") {
    await ask(options, { action: "credential-remove", host });
    return output.result(`${host}: its credential is forgotten`, { type: "credential", action, host });
  }
  const { scheme, header, url } = options;
  // Said before anything is typed: whether there is an assistant to keep it.
  findRunning(options.data);
  const secret = await readSecret(`Value for ${host}`);
  await ask(options, { action: "credential-set", host, secret, ...given({ scheme, header, url }) });
  output.result(`${host}: its credential is kept; commands ask http://${host}/`, { type: "credential", action, host });
}

async function list(options: CredentialOptions, output: Output): Promise<void> {
  const found = (await ask(options, { action: "credentials" })) as { credentials: ContainerCredential[] };
  const lines = found.credentials.map(
    ({ host, header, scheme, isSet }) => `${host}  ${header}: ${scheme}  ${isSet ? "set" : "no value: requests are refused"}`,
  );
  output.result(lines.join("\n") || "no host has a credential", { type: "credentials", ...found });
}

const given = (parts: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));

async function ask({ data }: CredentialOptions, body: Record<string, unknown>): Promise<Record<string, unknown>> {
  const answer = await callHost(findRunning(data), "POST", "/api/containers", undefined, body);
  if (answer.status !== 200) throw answerError(answer);
  return answer.body ?? {};
}
