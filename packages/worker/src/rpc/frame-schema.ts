/** Frames as they come in: parsed here, trusted afterwards. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ConnectParams, RequestFrame } from "@moltworker/protocol/frames";
import * as z from "zod";

const requestSchema = z.strictObject({
  type: z.literal("req"),
  id: z.string().min(1).max(200),
  method: z.string().min(1).max(200),
  params: z.unknown().optional(),
  traceparent: z.string().max(200).optional(),
  expectedProfileId: z.string().max(200).optional(),
});

const clientIds = [
  "webchat-ui",
  "openclaw-control-ui",
  "openclaw-browser-copilot",
  "openclaw-tui",
  "webchat",
  "cli",
  "gateway-client",
  "openclaw-macos",
  "openclaw-linux",
  "openclaw-ios",
  "openclaw-watchos",
  "openclaw-android",
  "openclaw-worker",
  "openclaw-probe",
  "node-host",
  "test",
  "fingerprint",
] as const;
const clientModes = ["webchat", "cli", "ui", "backend", "node", "worker", "probe", "test"] as const;

const text = z.string().max(500);

/** Unknown keys are let through: newer clients add some, and stock servers ignore them too. */
const connectSchema = z.looseObject({
  minProtocol: z.int(),
  maxProtocol: z.int(),
  client: z.looseObject({
    id: z.enum(clientIds),
    displayName: text.optional(),
    version: text,
    platform: text,
    mode: z.enum(clientModes),
    instanceId: text.optional(),
    deviceFamily: text.optional(),
  }),
  role: text.optional(),
  scopes: z.array(text).max(50).optional(),
  caps: z.array(text).max(100).optional(),
  auth: z
    .looseObject({
      token: z.string().max(8_192).optional(),
      password: z.string().max(8_192).optional(),
      deviceToken: z.string().max(8_192).optional(),
    })
    .optional(),
  device: z.strictObject({ id: text, publicKey: text, signature: text, signedAt: z.number(), nonce: text }).optional(),
  resume: z.strictObject({ cursor: z.int().min(0) }).optional(),
});

/** Throws INVALID_FRAME. */
export function parseRequestFrame(text: string): RequestFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MoltError("INVALID_FRAME", { message: "invalid request frame: not JSON" });
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) throw new MoltError("INVALID_FRAME", { message: `invalid request frame: ${describeIssue(parsed.error)}` });
  return parsed.data;
}

/** Throws INVALID_REQUEST. */
export function parseConnectParams(params: unknown): ConnectParams {
  const parsed = connectSchema.safeParse(params);
  if (!parsed.success)
    throw new MoltError("INVALID_REQUEST", { message: `invalid connect params: ${describeIssue(parsed.error)}` });
  return parsed.data as ConnectParams;
}

/** OpenClaw's wording: `at /client/id: …`. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "not valid";
  if (issue.code === "unrecognized_keys") return `at ${place(issue.path)}: unexpected property '${issue.keys[0]}'`;
  return `at ${place(issue.path)}: ${issue.message}`;
}

function place(path: PropertyKey[]): string {
  return path.length === 0 ? "root" : `/${path.map(String).join("/")}`;
}
