/** One request: find the method, authorise, parse, handle, answer. Every failure is an error frame; none reaches the object. */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { RequestFrame } from "@moltworker/protocol/frames";
import type { Log } from "../platform/log.ts";
import type { Connection } from "./connection.ts";
import type { MethodContext } from "./context.ts";
import { describeIssue } from "./frame-schema.ts";
import type { AnyMethod } from "./method.ts";
import { stockResult } from "./stock-shapes.ts";

export type Dispatch = (connection: Connection, frame: RequestFrame) => Promise<void>;

export function createDispatch(methods: readonly AnyMethod[], context: MethodContext, log: Log): Dispatch {
  const byName = new Map<string, AnyMethod>(methods.map((method) => [method.name, method]));

  const handle = (connection: Connection, frame: RequestFrame): unknown => {
    const method = byName.get(frame.method);
    if (!method) throw new MoltError("UNKNOWN_METHOD", { message: `unknown method: ${frame.method.slice(0, 100)}` });
    const { principal } = connection.state;
    if (!context.auth.stillValid(principal)) throw new MoltError("AUTH_EXPIRED");
    context.auth.authorize(principal, "socket", method.name);
    const params = method.params.safeParse(frame.params ?? {});
    if (!params.success)
      throw new MoltError("INVALID_REQUEST", { message: `invalid ${method.name} params: ${describeIssue(params.error)}` });
    return method.handle(params.data, context, {
      principal,
      connId: connection.state.connId,
      respondEarly: (payload) => connection.respond(frame.id, payload),
    });
  };

  return async (connection, frame) => {
    try {
      const result = await handle(connection, frame);
      connection.respond(frame.id, connection.state.caps.includes("resume") ? result : stockResult(frame.method, result));
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      if (error.code === "INTERNAL") log.error("rpc.fault", { method: frame.method, requestId: frame.id, error: error.cause });
      connection.respondError(frame.id, error);
      if (error.code === "AUTH_EXPIRED") connection.close(error);
    }
  };
}
