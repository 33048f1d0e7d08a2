/** Keys of the gateway's books as a person knows them: a session's name, a token's label. */

import type { MethodContext } from "./context.ts";

type Names = Pick<MethodContext, "view" | "auth" | "sessions">;

export function gatewayLabels({ view, auth, sessions }: Names): (scope: string, key: string) => string {
  let tokens: Map<string, string> | undefined;
  return (scope, key) => {
    if (scope === "session") return sessions.get(key) ? view.byKey(key)?.displayName || key : key;
    if (scope !== "token" && scope !== "tenant") return key;
    tokens ??= new Map(auth.apiTokens.list().map((token) => [token.id, token.label]));
    return tokens.get(key) ?? key;
  };
}
