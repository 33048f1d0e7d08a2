/** One request: find the method, authorise, parse, handle, answer. Every failure is an error frame; none reaches the object. */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { RequestFrame } from "@moltworker/protocol/frames";
import { auditName } from "../auth/audit.ts";
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
    context.auth.authorize(principal, "socket", method.name);
    const params = method.params().safeParse(frame.params ?? {});
    if (!params.success)
      throw new MoltError("INVALID_REQUEST", { message: `invalid ${method.name} params: ${describeIssue(params.error)}` });
    return audited(connection, method, params.data, () =>
      method.handle(params.data, context, {
        principal,
        connId: connection.state.connId,
        respondEarly: (payload) => connection.respond(frame.id, payload),
      }),
    );
  };

  /** What was tried and refused by the method itself is a row too. */
  const audited = (connection: Connection, method: AnyMethod, params: unknown, work: () => unknown): unknown => {
    if (!method.audit) return work();
    const { principal, address } = connection.state;
    const entry = {
      who: auditName(principal),
      surface: "socket" as const,
      action: method.name,
      address,
      detail: detailOf(method, params),
    };
    const recorded = async () => {
      try {
        const result = await work();
        context.audit.record({ ...entry, outcome: "ok" });
        return result;
      } catch (thrown) {
        context.audit.record({ ...entry, outcome: moltErrorFrom(thrown).code });
        throw thrown;
      }
    };
    return recorded();
  };

  return async (connection, frame) => {
    try {
      const result = await handle(connection, frame);
      connection.respond(frame.id, connection.state.caps.includes("resume") ? result : stockResult(frame.method, result));
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      if (error.code === "INTERNAL") log.error("rpc.fault", { method: frame.method, requestId: frame.id, error: error.cause });
      connection.respondError(frame.id, error);
      if (!context.auth.stillValid(connection.state.principal)) connection.close(error);
    }
  };
}

/** Parameters that cannot be read leave the row without a detail; the method then says what is wrong with them. */
function detailOf(method: AnyMethod, params: unknown): string {
  try {
    return method.audit?.(params) ?? "";
  } catch {
    return "";
  }
}
