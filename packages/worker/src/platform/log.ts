/** Structured log: one JSON line per event on stdout, secrets redacted at this one sink. */

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, unknown>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const secretKeys = /token|secret|password|authorization|api-?key|cookie|signature/i;
const secretValues = /\b(sk-[\w-]{8,}|xai-[\w-]{8,}|gsk_\w{8,}|AIza[\w-]{20,}|Bearer\s+\S{8,}|\d{6,}:[\w-]{30,})/g;

/** Replaces what looks like a secret, by key and by shape. Depth and length are bounded; errors keep name, message and stack. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.slice(0, 4_000).replace(secretValues, "[redacted]");
  if (value instanceof Error) {
    return {
      name: value.name,
      message: redact(value.message),
      stack: redact(value.stack ?? ""),
      cause: depth < 3 ? redact(value.cause, depth + 1) : undefined,
    };
  }
  if (typeof value !== "object" || value === null || depth > 4)
    return typeof value === "object" && value !== null ? "[deep]" : value;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redact(item, depth + 1));
  const out: LogFields = {};
  for (const [key, item] of Object.entries(value)) {
    out[key] = secretKeys.test(key) && typeof item === "string" ? "[redacted]" : redact(item, depth + 1);
  }
  return out;
}

export function createLog(write: (line: string) => void = (line) => console.log(line)): Log {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ ts: new Date().toISOString(), level, event, ...(redact(fields) as LogFields) }));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
