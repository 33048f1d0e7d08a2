import { type Finding, fail, ok } from "@moltworker/protocol/doctor";
import { errorFromWire } from "@moltworker/protocol/errors";
import { cannotBeMade, type OutsideCheck } from "../check.ts";
import type { Answer, Broken } from "../exchange.ts";

const cure = { text: "Let the proxy pass WebSockets on: HTTP/1.1 upstream, the headers Upgrade and Connection, no buffering." };

/** Pages load and the conversation never connects: that is a proxy which knows no WebSocket. */
export const upgrade: OutsideCheck = {
  id: "upgrade",
  title: "WebSocket",
  about:
    "The WebSocket opens from the assistant's own page, and its first frame arrives: no proxy blocks it, and the origin is allowed.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls", "access", "product"]);
    const upgraded = skip ? undefined : await context.upgraded();
    if (skip || !upgraded) return skip ?? ok("not needed");
    if ("answer" in upgraded) return notUpgraded(upgraded.answer);
    if ("broken" in upgraded) return cut(upgraded.broken);
    return judgeFrame(upgraded.frame, context.url?.origin ?? "");
  },
};

function notUpgraded({ status, headers }: Answer): Finding {
  const by = [headers.server, headers.via].find((words) => typeof words === "string");
  const who = typeof by === "string" ? ` by ${by.slice(0, 60)}` : "";
  return fail("UPGRADE_BLOCKED", `the WebSocket was answered${who} with status ${status} instead of 101`, cure);
}

function cut({ code, words }: Broken): Finding {
  return fail("UPGRADE_BLOCKED", `the WebSocket was cut before it opened (${code || words})`, cure);
}

function judgeFrame(frame: Record<string, unknown> | undefined, origin: string): Finding {
  if (frame?.event === "connect.challenge") return ok("it opens and speaks");
  if (frame?.type !== "res") return fail("UPGRADE_BLOCKED", "the WebSocket opens, and nothing comes through it", cure);
  const error = errorFromWire(frame.error);
  if (error.code !== "ORIGIN_NOT_ALLOWED") return fail(error.code, error.message, { text: error.hint });
  return fail("ORIGIN_NOT_ALLOWED", `pages at ${origin} may not open the WebSocket: a proxy changes the Host header on the way`, {
    text: `Let the proxy keep the Host header, or start the assistant with MOLTWORKER_ALLOWED_HOSTS=${URL.canParse(origin) ? new URL(origin).host : ""}.`,
  });
}
