/**
 * The one error type and the one table of codes. Every refusal on every surface (socket, HTTP, UI, CLI)
 * is a MoltError: a stable code, one sentence of cause (`message`), one of cure (`hint`).
 */

export interface ErrorRow {
  /** HTTP status when the error answers an HTTP request. */
  http: number;
  /** WebSocket close code when the error ends a socket. */
  close: number;
  /** Exit code of the `moltworker` command. */
  exit: number;
  /** `error.code` on the socket: OpenClaw's own words, so that its clients understand. */
  wire: "INVALID_REQUEST" | "FORBIDDEN" | "NOT_PAIRED" | "UNAVAILABLE" | "APPROVAL_NOT_FOUND";
  retryable: boolean;
  /** Default cause, used when the thrower gives no message of its own. */
  cause: string;
  /** Default cure. */
  cure: string;
}

type Wire = ErrorRow["wire"];
type Numbers = readonly [http: number, close: number, exit: number];

function row(numbers: Numbers, wire: Wire, retryable: boolean, cause: string, cure: string): ErrorRow {
  const [http, close, exit] = numbers;
  return { http, close, exit, wire, retryable, cause, cure };
}

const NEW_LINK = "Open a fresh link: run `npx moltworker link` on the machine that runs the assistant.";

// biome-ignore format: a table is read by its rows.
export const errorTable = {
  // Who speaks
  AUTH_TOKEN_MISSING: row([401, 1008, 20], "INVALID_REQUEST", false, "unauthorized: no session, token or device was presented", NEW_LINK),
  AUTH_TOKEN_MISMATCH: row([401, 1008, 21], "INVALID_REQUEST", false, "unauthorized: gateway token mismatch", "Use the token in the data folder's `gateway-token` file, or run `npx moltworker link`."),
  AUTH_EXPIRED: row([401, 1008, 22], "INVALID_REQUEST", false, "unauthorized: this session has expired or was signed out", NEW_LINK),
  AUTH_LINK_INVALID: row([401, 1008, 23], "INVALID_REQUEST", false, "unauthorized: this sign-in link was used already or is older than ten minutes", NEW_LINK),
  AUTH_RATE_LIMITED: row([429, 1008, 24], "INVALID_REQUEST", true, "unauthorized: too many failed attempts (retry later)", "Wait for the time given, then sign in once with the right credential."),
  DEVICE_NOT_PAIRED: row([403, 1008, 25], "NOT_PAIRED", false, "pairing required: device is not approved yet", "Approve this device under Admin, Access (or `openclaw devices approve`), then connect again."),
  DEVICE_SIGNATURE_INVALID: row([401, 1008, 26], "INVALID_REQUEST", false, "device signature invalid", "Sign the challenge's nonce with the device's own key, within two minutes."),
  ORIGIN_NOT_ALLOWED: row([403, 1008, 27], "INVALID_REQUEST", false, "origin not allowed", "Open the assistant at its own address, the one that `moltworker status` prints."),
  ACCESS_JWT_INVALID: row([401, 1008, 28], "INVALID_REQUEST", false, "Cloudflare Access identity is missing or invalid", "Sign in through Cloudflare Access again."),
  PASSKEY_INVALID: row([401, 1008, 43], "INVALID_REQUEST", false, "this passkey was not accepted", "Try again, or sign in with a fresh link: `npx moltworker link`."),
  PASSKEY_UNAVAILABLE: row([400, 1008, 44], "INVALID_REQUEST", false, "passkeys do not work at this address", "Open the assistant at a host name over https, or at localhost."),
  FORBIDDEN: row([403, 1008, 29], "FORBIDDEN", false, "this grant does not allow the action", "Use a grant with the missing scope."),
  // How it speaks
  HANDSHAKE_EXPECTED: row([400, 1008, 30], "INVALID_REQUEST", false, "invalid handshake: first request must be connect", "Send a `connect` request before any other."),
  PROTOCOL_MISMATCH: row([400, 1002, 31], "INVALID_REQUEST", false, "protocol mismatch", "Update the client or the assistant: both must speak protocol 4."),
  INVALID_FRAME: row([400, 1008, 32], "INVALID_REQUEST", false, "invalid request frame", 'Send one JSON object per text frame: {type:"req", id, method, params}.'),
  FRAME_TOO_LARGE: row([413, 1009, 33], "INVALID_REQUEST", false, "frame is larger than the server accepts", "Send less in one message; upload large files as attachments."),
  SLOW_CONSUMER: row([429, 1008, 34], "UNAVAILABLE", true, "slow consumer", "Reconnect; missed events are replayed."),
  INVALID_REQUEST: row([400, 1008, 35], "INVALID_REQUEST", false, "the request is not valid", "Correct the field that is named."),
  UNKNOWN_METHOD: row([404, 1008, 36], "INVALID_REQUEST", false, "unknown method", "Use a method listed in hello-ok `features.methods`."),
  NOT_FOUND: row([404, 1008, 37], "INVALID_REQUEST", false, "nothing is there under that name", "Check the name or id."),
  CONFLICT: row([409, 1008, 38], "INVALID_REQUEST", false, "it changed since it was read", "Read it again, then repeat the change."),
  RATE_LIMITED: row([429, 1008, 39], "UNAVAILABLE", true, "too many requests", "Slow down, then try again."),
  APPROVAL_NOT_FOUND: row([404, 1008, 40], "APPROVAL_NOT_FOUND", false, "no such approval is waiting", "It was decided already or has expired; look at the conversation."),
  PAYLOAD_TOO_LARGE: row([413, 1009, 41], "INVALID_REQUEST", false, "the body is larger than the limit", "Send a smaller file."),
  CONFIG_INVALID: row([400, 1008, 42], "INVALID_REQUEST", false, "the setting is not valid", "Correct the value at the path that is named; nothing was changed."),
  // The work
  UNAVAILABLE: row([503, 1013, 50], "UNAVAILABLE", true, "the assistant is not ready yet", "Try again in a moment."),
  SUSPENDED: row([503, 1013, 51], "UNAVAILABLE", false, "STOP is on: no run or tool may start", "Press Resume in the UI."),
  TIMEOUT: row([504, 1013, 52], "UNAVAILABLE", true, "it took longer than the limit", "Try again, or give it less to do."),
  ABORTED: row([499, 1000, 53], "UNAVAILABLE", false, "it was stopped", "Send the message again if you still want it."),
  INTERNAL: row([500, 1011, 54], "UNAVAILABLE", true, "something went wrong inside the assistant", "Look for the request id in the logs (`moltworker logs`)."),
  RUN_CRASHED: row([500, 1011, 55], "UNAVAILABLE", false, "this run stopped the assistant several times and was given up", "Send the message again in another form; the logs have the cause."),
  APPROVAL_EXPIRED: row([408, 1008, 56], "UNAVAILABLE", false, "nobody answered the approval in time", "Ask again; approve within the time shown."),
  // Models
  PROVIDER_KEY_MISSING: row([400, 1008, 60], "UNAVAILABLE", false, "this provider has no key", "Add a key under Settings, Models."),
  PROVIDER_KEY_REJECTED: row([401, 1008, 61], "UNAVAILABLE", false, "the provider rejected the key", "Type a valid key under Settings, Models."),
  PROVIDER_RATE_LIMITED: row([429, 1013, 62], "UNAVAILABLE", true, "the provider is limiting requests", "Wait for the time given, or choose another model."),
  PROVIDER_QUOTA: row([402, 1008, 63], "UNAVAILABLE", false, "the provider account has no credit left", "Add credit at the provider, or choose another model."),
  PROVIDER_UNAVAILABLE: row([502, 1013, 64], "UNAVAILABLE", true, "the provider failed to answer", "Try again, or choose another model."),
  PROVIDER_BAD_RESPONSE: row([502, 1013, 65], "UNAVAILABLE", true, "the provider sent something that is not a model answer", "Check the provider's base URL, or try again."),
  PROVIDER_CUT: row([502, 1013, 66], "UNAVAILABLE", true, "the provider's answer was cut off", "Try again."),
  PROVIDER_TIMEOUT: row([504, 1013, 67], "UNAVAILABLE", true, "the provider stopped answering", "Try again, or choose another model."),
  PROVIDER_REFUSED: row([400, 1008, 68], "UNAVAILABLE", false, "the provider refused the request", "Read the provider's own words in the details."),
  MODEL_UNKNOWN: row([404, 1008, 69], "INVALID_REQUEST", false, "no provider here offers that model", "Choose a model from the list."),
  CONTEXT_TOO_LARGE: row([413, 1008, 70], "UNAVAILABLE", false, "the conversation is larger than the model can read", "Start a new session, or choose a model with a larger context."),
  BUDGET_EXCEEDED: row([402, 1008, 71], "UNAVAILABLE", false, "this call would exceed the budget", "Raise the budget under Settings, or wait until it resets."),
  EGRESS_BLOCKED: row([403, 1008, 72], "FORBIDDEN", false, "that address is not public, so it was not contacted", "Name the address in the settings if the assistant may use it."),
  EGRESS_FAILED: row([502, 1013, 73], "UNAVAILABLE", true, "the address could not be reached", "Check the address and the network."),
  // Containers
  CONTAINER_ENGINE_MISSING: row([503, 1013, 100], "UNAVAILABLE", false, "containers cannot be had here", "Install Docker and start it; everything else works without."),
  CONTAINER_IMAGE_MISSING: row([503, 1013, 101], "UNAVAILABLE", false, "the container's image is missing", "Build it: `moltworker containers build`."),
  CONTAINER_FAILED: row([502, 1013, 102], "UNAVAILABLE", true, "the container failed", "Read its last lines with `moltworker containers logs`; the next use starts it again."),
  CONTAINER_STALE: row([503, 1013, 103], "UNAVAILABLE", true, "the container was replaced while it worked", "Try again: a new one starts."),
  CONTAINER_CREDENTIAL_MISSING: row([503, 1013, 46], "UNAVAILABLE", false, "a host is named whose credential has no value", "Give it one: `moltworker credentials set <host>`."),
  CONTAINER_STARTING: row([503, 1013, 47], "UNAVAILABLE", true, "the container is starting", "Wait a few seconds, then try again."),
  // The server on one machine
  VERSION_BEHIND: row([503, 1013, 79], "UNAVAILABLE", false, "another build should be running", "Restart the assistant: `npx moltworker restart`, or the button under Admin, Version."),
  STORAGE_CORRUPT: row([500, 1011, 80], "UNAVAILABLE", false, "the database is damaged", "Restore the last snapshot, or move the damaged file away to start fresh."),
  SNAPSHOT_STORE: row([502, 1013, 99], "UNAVAILABLE", true, "the place of the snapshots does not answer", "Check that it is reachable and has space; the next try is made by itself."),
  SNAPSHOT_STORE_REFUSED: row([502, 1013, 123], "UNAVAILABLE", false, "the place of the snapshots refuses the assistant", "Check the bucket's name and its keys under Settings, Snapshots."),
  SNAPSHOT_DAMAGED: row([500, 1011, 124], "UNAVAILABLE", false, "the snapshot is damaged", "Restore another one; the damaged one is kept aside."),
  SNAPSHOT_PASSPHRASE: row([403, 1008, 125], "FORBIDDEN", false, "the passphrase does not open this snapshot", "Type the passphrase that was set when the snapshot was made."),
  SNAPSHOT_NEWER: row([409, 1008, 89], "UNAVAILABLE", false, "the snapshot was made by a newer version", "Update the assistant, then restore it."),
  SNAPSHOT_BUSY: row([409, 1008, 104], "UNAVAILABLE", true, "another piece of work on snapshots is going on", "Wait until it has ended, or stop it under Settings, Snapshots."),
  MIGRATION_FAILED: row([500, 1011, 105], "UNAVAILABLE", false, "the upgrade of the data failed and was taken back", "Start the version that ran before; nothing was changed. Then report this error."),
  UPGRADING: row([503, 1013, 106], "UNAVAILABLE", true, "the assistant is being upgraded: a snapshot of its data is made first", "Wait; it takes seconds, or minutes for much data."),
  START_FAILED: row([503, 1013, 107], "UNAVAILABLE", false, "the assistant could not start", "Read the log (`moltworker logs`), or restore the last good snapshot (`moltworker restore`)."),
  LOCK_HELD: row([409, 1008, 81], "UNAVAILABLE", false, "another moltworker uses this data folder", "Stop it first, or start with another --data folder."),
  PORT_TAKEN: row([409, 1008, 82], "UNAVAILABLE", false, "the port is taken by another program", "Start with --port 0 for a free one, or stop the other program."),
  DATA_NOT_WRITABLE: row([500, 1011, 83], "UNAVAILABLE", false, "the data folder cannot be written", "Give this user write permission, or start with another --data folder."),
  WORKERD_MISSING: row([500, 1011, 84], "UNAVAILABLE", false, "the workerd binary is missing", "Run `npm ci` again in the checkout."),
  WORKERD_CRASHED: row([500, 1011, 85], "UNAVAILABLE", false, "the server keeps crashing at start", "Read the last log lines shown; the data is untouched."),
  NODE_TOO_OLD: row([500, 1011, 86], "UNAVAILABLE", false, "this Node.js is too old", "Install Node.js 20.19 or newer."),
  BUILD_FAILED: row([500, 1011, 87], "UNAVAILABLE", false, "the build failed", "Read the lines above; run `npm ci`, then try again."),
  DEPLOY_FAILED: row([500, 1011, 98], "UNAVAILABLE", false, "the deployment failed", "Correct what is named, then run `npm run deploy` again."),
  NOT_RUNNING: row([503, 1013, 88], "UNAVAILABLE", false, "no assistant runs on this data folder", "Start it with `npm start`."),
  // What stands between a person and the server
  NAME_NOT_FOUND: row([502, 1013, 90], "UNAVAILABLE", true, "the host name does not resolve", "Check the spelling of the address and its DNS record."),
  TLS_FAILED: row([502, 1013, 91], "UNAVAILABLE", false, "the server's certificate is not accepted", "Renew the certificate, or open the address that it was made for."),
  UPGRADE_BLOCKED: row([502, 1013, 92], "UNAVAILABLE", false, "a proxy does not let the WebSocket through", "Let the proxy pass the headers Upgrade and Connection on."),
  NOT_MOLTWORKER: row([502, 1013, 93], "UNAVAILABLE", false, "another program answers at that address", "Check the address and the port."),
  CLOCK_SKEWED: row([400, 1008, 94], "INVALID_REQUEST", false, "the clocks differ too much", "Set the clock of the machine that is wrong, best by NTP."),
  DISK_FULL: row([507, 1013, 95], "UNAVAILABLE", false, "the disk is full", "Free space on the disk of the data folder."),
  ACCESS_BLOCKED: row([403, 1008, 96], "FORBIDDEN", false, "Cloudflare Access answers before the assistant", "Give the command a service token, or run it where Access is not in between."),
  FILE_EXPOSED: row([500, 1011, 97], "UNAVAILABLE", false, "other users of this machine can read a secret's file", "Close the file to others: `moltworker doctor --fix`."),
  DOOR_OPEN: row([500, 1011, 45], "UNAVAILABLE", false, "whoever reaches this address is signed in", "Take the credential out of what stands in front of the assistant, then replace it."),
  // Channels
  CHANNEL_TOKEN_MISSING: row([400, 1008, 110], "UNAVAILABLE", false, "this channel has no secret yet", "Connect it under Settings, Channels."),
  CHANNEL_TOKEN_REJECTED: row([401, 1008, 111], "UNAVAILABLE", false, "the provider does not accept the channel's token", "Type a valid token under Settings, Channels; the rest of the assistant works meanwhile."),
  CHANNEL_CONFLICT: row([409, 1008, 112], "UNAVAILABLE", true, "another program reads this channel's messages with the same token", "Stop the other program, or give each its own token."),
  CHANNEL_LIMITED: row([429, 1013, 113], "UNAVAILABLE", true, "the provider asks to send more slowly", "It is sent when the time given is over."),
  CHANNEL_UNAVAILABLE: row([502, 1013, 114], "UNAVAILABLE", true, "the channel's provider cannot be reached", "It is tried again by itself."),
  CHANNEL_UNKNOWN: row([504, 1013, 115], "UNAVAILABLE", false, "the provider did not say whether the message arrived", "Look into the chat; send it again by hand if it is missing."),
  CHANNEL_FORMAT_REFUSED: row([400, 1008, 116], "UNAVAILABLE", false, "the provider refuses the formatting", "It is sent as plain text."),
  CHANNEL_CHAT_GONE: row([403, 1008, 117], "UNAVAILABLE", false, "the chat does not take messages from the assistant any more", "The person has to start the bot again, or the group has to add it."),
  CHANNEL_MESSAGE_GONE: row([404, 1008, 121], "UNAVAILABLE", false, "the message is not there any more", "It is sent anew."),
  CHANNEL_REFUSED: row([400, 1008, 118], "UNAVAILABLE", false, "the provider refuses the request", "Read the provider's own words in the details."),
  CHANNEL_NO_RECIPIENT: row([409, 1008, 119], "INVALID_REQUEST", false, "there is no conversation with the owner on this channel yet", "Write to the bot first, and approve yourself as the owner."),
  CHANNEL_WEBHOOK_FAILING: row([502, 1013, 120], "UNAVAILABLE", true, "the provider cannot deliver to the webhook", "Let the path /channels/ through whatever stands in front of the assistant, or set the mode to polling."),
  // Webhooks
  HOOK_TOKEN_INVALID: row([401, 1008, 108], "INVALID_REQUEST", false, "the hook token is not right", "Send the hook token, which is made under Channels, Webhooks, as `authorization: Bearer …`."),
  SIGNATURE_INVALID: row([401, 1008, 109], "INVALID_REQUEST", false, "the signature is not right", "Set the same secret at the sender and here, and sign the body exactly as it is sent."),
  SIGNATURE_STALE: row([401, 1008, 122], "INVALID_REQUEST", false, "the signature is too old", "Set the sender's clock, and sign each attempt anew."),
  USAGE: row([400, 1008, 2], "INVALID_REQUEST", false, "the command was not understood", "Run `moltworker --help`."),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export interface MoltErrorOptions {
  message?: string;
  hint?: string;
  details?: Record<string, unknown>;
  retryAfterMs?: number;
  retryable?: boolean;
  cause?: unknown;
}

/** Codes that stock clients must recognise travel under OpenClaw's name. */
const stockDetailCodes = { DEVICE_NOT_PAIRED: "PAIRING_REQUIRED" } as const;
type Renamed = typeof stockDetailCodes;
type DetailCode = Exclude<ErrorCode, keyof Renamed> | Renamed[keyof Renamed];

/** The JSON form of an error: the `error` of a response frame and of an HTTP body. */
export interface WireError {
  code: string;
  message: string;
  /** `code` is ours, but for what OpenClaw's clients look for by its own name (`PAIRING_REQUIRED`). */
  details: { code: DetailCode; hint: string; [key: string]: unknown };
  retryable: boolean;
  retryAfterMs?: number;
}

const marker = Symbol.for("moltworker.error");

export class MoltError extends Error {
  readonly [marker] = true;
  readonly code: ErrorCode;
  /** One sentence of cure. */
  readonly hint: string;
  readonly details: Record<string, unknown>;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: MoltErrorOptions = {}) {
    const defaults = errorTable[code];
    super(options.message ?? defaults.cause, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MoltError";
    this.code = code;
    this.hint = options.hint ?? defaults.cure;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? defaults.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True for a MoltError of any copy of this module (bundles may hold two). */
export function isMoltError(value: unknown): value is MoltError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[marker] === true;
}

/** Converts anything thrown; an unknown throwable becomes INTERNAL and keeps the original as `cause`. */
export function moltErrorFrom(value: unknown): MoltError {
  if (isMoltError(value)) return value;
  // What SQLite says may come from anywhere: a commit fails after the work that made it, and then ends the object.
  const isFull = value instanceof Error && /SQLITE_FULL|ENOSPC/.test(value.message);
  return new MoltError(isFull ? "DISK_FULL" : "INTERNAL", { cause: value });
}

export function errorToWire(error: MoltError): WireError {
  const wire: WireError = {
    code: errorTable[error.code].wire,
    message: error.message,
    details: { ...error.details, code: detailCodeOf(error.code), hint: error.hint },
    retryable: error.retryable,
  };
  if (error.retryAfterMs !== undefined) wire.retryAfterMs = error.retryAfterMs;
  return wire;
}

/** Reads an error off the wire; never throws. An unknown code becomes INTERNAL with the message kept. */
export function errorFromWire(value: unknown): MoltError {
  const wire = (typeof value === "object" && value !== null ? value : {}) as Partial<WireError>;
  const details = (wire.details ?? {}) as Record<string, unknown>;
  const code = codeFromDetail(details.code);
  return new MoltError(code, {
    message: typeof wire.message === "string" ? wire.message : undefined,
    hint: typeof details.hint === "string" ? details.hint : undefined,
    details,
    retryable: wire.retryable === true,
    retryAfterMs: typeof wire.retryAfterMs === "number" ? wire.retryAfterMs : undefined,
  });
}

function detailCodeOf(code: ErrorCode): DetailCode {
  return code === "DEVICE_NOT_PAIRED" ? stockDetailCodes[code] : code;
}

function codeFromDetail(detail: unknown): ErrorCode {
  if (detail === stockDetailCodes.DEVICE_NOT_PAIRED) return "DEVICE_NOT_PAIRED";
  return typeof detail === "string" && Object.hasOwn(errorTable, detail) ? (detail as ErrorCode) : "INTERNAL";
}

/** A WebSocket close reason: cause and cure when both fit, within the 123 bytes that a close frame can carry. */
export function closeReason(error: MoltError): string {
  const encoder = new TextEncoder();
  let text = error.message;
  while (encoder.encode(text).length > 120) text = text.slice(0, -1);
  return text;
}
