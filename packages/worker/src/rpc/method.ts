/** The method contract: one file per RPC method, one line in `catalog/methods.ts`. */

import type { MethodName, Params, Result } from "@moltworker/protocol/methods";
import type { Scope } from "@moltworker/protocol/scopes";
import type { z } from "zod";
import type { Principal } from "../auth/principal.ts";
import type { MethodContext } from "./context.ts";

export interface Call {
  principal: Principal;
  /** Socket that asked. */
  connId: string;
  /** Sends an early `res` on the same id (`agent` answers twice). */
  respondEarly(payload: unknown): void;
}

export interface Method<Name extends MethodName = MethodName> {
  name: Name;
  scope: Scope;
  /** It leaves a row in the audit; the text says what it was done to, and never a secret. */
  audit?(params: Params<Name>): string;
  /** It makes a grant that outlives its maker's: not for API tokens. */
  lasting?: boolean;
  /** Strict: an unknown key is an error. Made at the method's first call: a hundred schemas at once would be half of a start. */
  params(): z.ZodType<Params<Name>>;
  handle(params: Params<Name>, context: MethodContext, call: Call): Result<Name> | Promise<Result<Name>>;
}

/** The catalog's view of a method, whatever its name. */
export type AnyMethod = Omit<Method, "params" | "handle" | "audit"> & {
  params(): z.ZodType;
  audit?(params: unknown): string;
  handle(params: unknown, context: MethodContext, call: Call): unknown;
};

export function defineMethod<Name extends MethodName>(method: Method<Name>): AnyMethod {
  let params: z.ZodType<Params<Name>> | undefined;
  const made = { ...method, params: () => (params ??= method.params()) };
  return made as unknown as AnyMethod;
}
