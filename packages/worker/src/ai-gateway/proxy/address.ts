/** What a path of the AI gateway asks for: the short form at our own host, and Cloudflare's own with account and gateway. */

/** Dialects that a caller may speak on a path where the model's name chooses the provider. */
export type UnifiedDialect = "chat" | "responses" | "messages";

export type Address =
  | { kind: "universal" }
  | { kind: "unified"; dialect: UnifiedDialect; needsPrefix: boolean }
  | { kind: "native"; slug: string; path: string }
  | { kind: "unknown"; path: string };

export interface Located {
  /** As the path says it; null in the short form. */
  account: string | null;
  gateway: string | null;
  address: Address;
}

/** First segments below `/v1/` that belong to the assistant's own OpenAI-compatible API. */
const ownApi: ReadonlySet<string> = new Set([
  "assistants",
  "audio",
  "batches",
  "chat",
  "completions",
  "conversations",
  "embeddings",
  "files",
  "images",
  "models",
  "moderations",
  "responses",
  "threads",
  "uploads",
  "vector_stores",
  "videos",
]);

const longForm = /^\/v1\/([^/]+)\/([^/]+)(\/.*)?$/;
const restForm = /^\/client\/v4\/accounts\/([^/]+)(\/ai\/v1\/.*)$/;
const unified: Readonly<Record<string, Address>> = {
  "/compat/chat/completions": { kind: "unified", dialect: "chat", needsPrefix: true },
  "/compat/v1/chat/completions": { kind: "unified", dialect: "chat", needsPrefix: true },
  "/ai/v1/chat/completions": { kind: "unified", dialect: "chat", needsPrefix: false },
  "/ai/v1/responses": { kind: "unified", dialect: "responses", needsPrefix: false },
  "/ai/v1/messages": { kind: "unified", dialect: "messages", needsPrefix: false },
};

/** Of an address, all that says where a call goes. */
export interface Place {
  pathname: string;
  search: string;
}

/** Nothing to be decoded, no dots to be resolved, no query: what stands there is what the platform's parser would give. */
const plainAddress = /^https?:\/\/[a-zA-Z0-9.:[\]-]+((?:\/[a-zA-Z0-9_:-][a-zA-Z0-9_.:-]*)+)$/;

/** Spares most calls the platform's parser, which costs as much as all headers of an answer. */
export function placeOf(href: string): Place {
  const pathname = plainAddress.exec(href)?.[1];
  return pathname === undefined ? new URL(href) : { pathname, search: "" };
}

/** Whether the AI gateway answers here at all. `isSlug` says which first segments are providers. */
export function isGatewayPath(method: string, pathname: string, isSlug: (segment: string) => boolean): boolean {
  if (pathname === "/") return method === "POST";
  const [, first = "", second = "", third] = pathname.split("/", 4);
  if (first === "v1") return third !== undefined && second !== "" && !ownApi.has(second);
  if (first === "client") return restForm.test(pathname);
  if (first === "ai") return second === "v1";
  return first === "compat" || isSlug(first) || first.startsWith("custom-");
}

/** Reads a path for which `isGatewayPath` is true. */
export function locate(pathname: string): Located {
  const rest = restForm.exec(pathname);
  if (rest) return { account: rest[1] as string, gateway: null, address: addressOf(rest[2] as string) };
  const long = longForm.exec(pathname);
  if (long) return { account: long[1] as string, gateway: long[2] as string, address: addressOf(long[3] ?? "") };
  return { account: null, gateway: null, address: addressOf(pathname) };
}

function addressOf(path: string): Address {
  if (path === "" || path === "/") return { kind: "universal" };
  const known = unified[path];
  if (known) return known;
  const slash = path.indexOf("/", 1);
  const slug = path.slice(1, slash === -1 ? undefined : slash);
  if (slug === "compat" || slug === "ai") return { kind: "unknown", path };
  return { kind: "native", slug, path: slash === -1 ? "" : path.slice(slash + 1) };
}
