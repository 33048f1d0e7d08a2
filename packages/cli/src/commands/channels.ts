/** `moltworker channels …`: how channels stand, who asks to be let in, what did not arrive, and the cures for each. */

import { text as readAll } from "node:stream/consumers";
import type {
  ChannelAccountRow,
  ChannelKindRow,
  ChannelMessageRow,
  ChannelPairingRow,
  ChannelSenderRow,
  ChannelSendRow,
} from "@moltworker/protocol/channels";
import { errorFromWire, MoltError } from "@moltworker/protocol/errors";
import { exchange } from "../doctor/exchange.ts";
import type { Output } from "../output.ts";
import { baseUrl } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

interface Shared {
  data?: string;
}

interface Overview {
  kinds: ChannelKindRow[];
  accounts: ChannelAccountRow[];
  pairings: ChannelPairingRow[];
  troubled: ChannelSendRow[];
}

/** A real call to a provider may take its time. */
const probeTimeoutMs = 60_000;

async function ask<Answer>(options: Shared, path: string, body?: object): Promise<Answer> {
  const run = findRunning(options.data);
  const reached = await exchange(new URL(path, baseUrl(run)), {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${run.hostKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeoutMs: probeTimeoutMs,
  });
  if ("broken" in reached)
    throw new MoltError("NOT_RUNNING", { message: `the assistant does not answer: ${reached.broken.words}` });
  const { status, json } = reached.answer;
  if (status === 200 && json) return json as Answer;
  throw json?.error
    ? errorFromWire(json.error)
    : new MoltError("INTERNAL", { message: `the assistant answered with status ${status}` });
}

/** `channels status`: one line for each account, each request and each send that needs a person. */
export async function status(options: Shared & { probe?: boolean }, output: Output): Promise<void> {
  const found = await askOverview(options);
  const lines = [
    ...found.accounts.flatMap(accountLines),
    ...(found.accounts.length === 0
      ? [`no channel is connected; there are: ${found.kinds.map((kind) => kind.id).join(", ")}`]
      : []),
    ...found.pairings.map(pairingLine),
    ...found.troubled.map(sendLine),
  ];
  output.result(lines.join("\n"), { type: "channels", ...found });
}

const askOverview = (options: Shared & { probe?: boolean }) =>
  ask<Overview>(options, `/api/channels${options.probe ? "?probe=true" : ""}`);

function accountLines(account: ChannelAccountRow): string[] {
  const { channel, accountId, state, handle, mode, webhookUrl, sends, error } = account;
  const facts = [handle, mode, webhookUrl, sends.waiting > 0 ? `${sends.waiting} to send` : null];
  const line = `${channel} ${accountId}: ${state}${facts
    .filter(Boolean)
    .map((fact) => `, ${fact}`)
    .join("")}`;
  return error ? [line, `  ${error.message} (${error.details.code})`, `  ${error.details.hint}`] : [line];
}

const pairingLine = ({ channel, accountId, name, code }: ChannelPairingRow) =>
  `${name} asks to be let in on ${channel} ${accountId}: moltworker channels pair approve ${code}`;

const sendLine = ({ channel, accountId, id, state, error, preview }: ChannelSendRow) =>
  `not delivered (${state}) on ${channel} ${accountId}: "${preview.slice(0, 60)}"${error ? `: ${error}` : ""}\n  moltworker channels retry ${id}`;

/** `channels list`: what there is to connect, and what is connected. */
export async function list(options: Shared, output: Output): Promise<void> {
  const { kinds, accounts } = await askOverview(options);
  const lines = kinds.map(({ id, label }) => {
    const mine = accounts.filter((account) => account.channel === id).map((account) => `${account.accountId} (${account.state})`);
    return `${id.padEnd(12)} ${label.padEnd(12)} ${mine.join(", ") || "not connected"}`;
  });
  output.result(lines.join("\n"), { type: "channels", kinds, accounts });
}

/** `channels people`: who is known, in which role, and by whose word. */
export async function people(options: Shared & { channel?: string }, output: Output): Promise<void> {
  const query = options.channel === undefined ? "" : `?channel=${encodeURIComponent(options.channel)}`;
  const found = await ask<{ people: ChannelSenderRow[] }>(options, `/api/channels/people${query}`);
  const lines = found.people.map(
    ({ channel, accountId, senderId, name, role, source }) =>
      `${role.padEnd(8)} ${channel} ${accountId} ${senderId}${name ? ` ${name}` : ""} (${source})`,
  );
  output.result(lines.join("\n") || "nobody is known yet", { type: "people", ...found });
}

/** `channels messages`: what came in, the newest first, what became of it, and the provider's receipts for what was sent. */
export async function messages(
  options: Shared & { channel?: string; fate?: string; limit?: string },
  output: Output,
): Promise<void> {
  const given = Object.entries({ channel: options.channel, fate: options.fate, limit: options.limit });
  const query = new URLSearchParams(given.filter((one): one is [string, string] => one[1] !== undefined));
  const found = await ask<{ messages: ChannelMessageRow[]; hasMore: boolean }>(options, `/api/channels/messages?${query}`);
  const lines = found.messages.flatMap((row) => [messageLine(row), ...row.sends.map((send) => `  ${receiptLine(send)}`)]);
  output.result(lines.join("\n") || "no message has come in", { type: "messages", ...found });
}

const messageLine = ({ receivedAt, channel, accountId, senderName, senderId, preview, fate, reason }: ChannelMessageRow) =>
  `${new Date(receivedAt).toISOString()} ${channel} ${accountId} ${senderName || senderId}: "${preview.slice(0, 60)}" ${fate}${reason ? `: ${reason}` : ""}`;

const receiptLine = ({ kind, state, receipt, error }: ChannelSendRow) =>
  `${kind} ${state}${receipt ? `, receipt ${receipt}` : ""}${error ? `: ${error}` : ""}`;

/** `channels connect <channel>`: the secret comes from standard input, never from the line that `ps` shows. */
export async function connect(
  channel: string,
  options: Shared & { account?: string; key?: string },
  output: Output,
): Promise<void> {
  const { kinds } = await askOverview(options);
  const kind = kinds.find((one) => one.id === channel);
  if (!kind)
    throw new MoltError("NOT_FOUND", {
      message: `there is no channel "${channel}"`,
      hint: `There are: ${kinds.map((one) => one.id).join(", ")}.`,
    });
  const [secret] = kind.secrets;
  if (!secret) throw new MoltError("USAGE", { message: `${kind.label} needs no secret` });
  if (process.stdin.isTTY) output.note(`Paste the ${secret.label.toLowerCase()}, then press Enter and Ctrl-D. ${secret.hint}`);
  const value = (await readAll(process.stdin)).trim();
  const secrets = { [secret.key]: value };
  const { account } = await ask<{ account: ChannelAccountRow }>(options, "/api/channels/connect", {
    ...refOf(channel, options),
    secrets,
  });
  output.result(accountLines(account).join("\n"), { type: "channel", account });
}

/** `channels test <channel>`: a live message to the owner's conversation there, or to one chat. */
export async function test(channel: string, options: Shared & { account?: string; to?: string }, output: Output): Promise<void> {
  const body = { ...refOf(channel, options), ...(options.to === undefined ? {} : { to: options.to }) };
  let { send } = await ask<{ send: ChannelSendRow }>(options, "/api/channels/test", body);
  for (let tries = 0; tries < 50 && (send.state === "prepared" || send.state === "attempted"); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    send = (await ask<{ send: ChannelSendRow }>(options, `/api/channels/sends/${send.id}`)).send;
  }
  output.result(sentText(send), { type: "send", send });
}

function sentText({ state, receipt, error }: ChannelSendRow): string {
  if (state === "confirmed") return `it arrived: ${receipt}`;
  return `${state === "prepared" || state === "attempted" ? "still under way" : state}${error ? `: ${error}` : ""}`;
}

export async function pairList(options: Shared, output: Output): Promise<void> {
  const { pairings } = await askOverview(options);
  output.result(pairings.map(pairingLine).join("\n") || "nobody asks to be let in", { type: "pairings", pairings });
}

/** `channels pair approve <code>`: the code that the person was shown. */
export async function pairApprove(code: string, options: Shared & { owner?: boolean }, output: Output): Promise<void> {
  const role = options.owner ? "owner" : "guest";
  const { sender } = await ask<{ sender: ChannelSenderRow }>(options, "/api/channels/pairing/approve", { code, role });
  output.result(`${sender.name} may write now, as ${sender.role}`, { type: "sender", sender });
}

export async function pairReject(code: string, options: Shared, output: Output): Promise<void> {
  const { request } = await ask<{ request: ChannelPairingRow }>(options, "/api/channels/pairing/reject", { code });
  output.result(`${request.name} was not let in`, { type: "pairing", request });
}

export async function retry(id: string, options: Shared, output: Output): Promise<void> {
  const { send } = await ask<{ send: ChannelSendRow }>(options, "/api/channels/sends/retry", { id });
  output.result("it is sent again; `moltworker channels status` says what came of it", { type: "send", send });
}

export async function discard(id: string, options: Shared, output: Output): Promise<void> {
  const { send } = await ask<{ send: ChannelSendRow }>(options, "/api/channels/sends/discard", { id });
  output.result("it is left as it is", { type: "send", send });
}

const refOf = (channel: string, { account }: { account?: string }) => ({
  channel,
  ...(account === undefined ? {} : { accountId: account }),
});
