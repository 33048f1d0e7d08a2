/**
 * Several keys of one provider, each under an alias. A conversation keeps to one key (providers' prompt caches are per key)
 * while it is good; a refused one is set aside until it is replaced, a limited one until its time is up. Read at every use,
 * so a new key serves the next call while calls under way end on the old one.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { ProviderKeyRow } from "@moltworker/protocol/gateway-health";
import type { Clock } from "../platform/clock.ts";
import { providerKeyName, type Secrets } from "./secrets.ts";

const defaultAlias = "default";

export interface PoolKey {
  provider: string;
  alias: string;
  value: string;
  /** Of the secret: what is learnt about one value says nothing about the next. */
  version: number;
}

export interface KeyPool {
  /**
   * Good keys first to be tried first; `affinity` chooses among equals. All set aside: those are offered all the same, since
   * a provider may have erred. Empty when there is none. Throws NOT_FOUND for an alias that does not exist.
   */
  pick(provider: string, options?: { alias?: string | undefined; affinity?: string | undefined; onlyGood?: boolean }): PoolKey[];
  /** Its keys are in memory: `pick` reads nothing. */
  isRead(provider: string): boolean;
  /** The provider refused it. */
  reject(key: PoolKey): void;
  /** The provider limits it until then, epoch milliseconds. */
  cool(key: PoolKey, until: number): void;
  /** It served. */
  praise(key: PoolKey): void;
  list(): ProviderKeyRow[];
  /** Throws CONFIG_INVALID for a bad alias or key. */
  set(provider: string, alias: string, value: string): void;
  /** Throws NOT_FOUND. */
  remove(provider: string, alias: string): void;
}

interface Standing {
  version: number;
  state: "rejected" | "limited";
  until: number;
  at: number;
}

const aliasShape = /^[a-z0-9][a-z0-9_-]{0,39}$/;

export function createKeyPool(secrets: Secrets, clock: Clock): KeyPool {
  const standings = new Map<string, Standing>();
  const nameOf = (provider: string, alias: string) =>
    alias === defaultAlias ? providerKeyName(provider) : `${providerKeyName(provider)}.${alias}`;
  const standingOf = (name: string, version: number): Standing | undefined => {
    const standing = standings.get(name);
    if (!standing) return undefined;
    if (standing.version === version && (standing.state === "rejected" || standing.until > clock.now())) return standing;
    standings.delete(name);
    return undefined;
  };
  const put = ({ provider, alias, version }: PoolKey, state: Standing["state"], until: number) =>
    void standings.set(nameOf(provider, alias), { version, state, until, at: clock.now() });

  /** Read once a change, not once a call: a call asks several times, and each answer would be several queries. */
  const read = new Map<string, PoolKey[]>();
  let readAt = -1;
  function keysOf(provider: string): PoolKey[] {
    if (readAt !== secrets.revision()) read.clear();
    readAt = secrets.revision();
    const known = read.get(provider) ?? readKeys(provider);
    read.set(provider, known);
    return known;
  }

  function readKeys(provider: string): PoolKey[] {
    const first = providerKeyName(provider);
    return secrets.names(first).flatMap((name) => {
      const alias = name === first ? defaultAlias : name.startsWith(`${first}.`) ? name.slice(first.length + 1) : undefined;
      const value = alias === undefined ? undefined : secrets.get(name);
      return alias === undefined || value === undefined ? [] : [{ provider, alias, value, version: secrets.version(name) }];
    });
  }

  return {
    pick(provider, { alias, affinity, onlyGood } = {}) {
      const all = keysOf(provider);
      const keys = alias === undefined ? all : all.filter((key) => key.alias === alias);
      if (alias !== undefined && keys.length === 0)
        throw new MoltError("NOT_FOUND", {
          message: `${provider} has no key named "${alias}"`,
          hint: "Use the alias of a stored key, or leave it out.",
        });
      const good = keys.filter((key) => !standingOf(nameOf(provider, key.alias), key.version));
      if (good.length === 0) return onlyGood ? [] : keys;
      if (good.length === 1 || affinity === undefined) return good;
      const first = hashOf(affinity) % good.length;
      return [...good.slice(first), ...good.slice(0, first)];
    },
    isRead: (provider) => readAt === secrets.revision() && read.has(provider),
    reject: (key) => put(key, "rejected", Number.POSITIVE_INFINITY),
    cool: (key, until) => put(key, "limited", until),
    praise({ provider, alias, version }) {
      const name = nameOf(provider, alias);
      if (standings.size > 0 && standings.get(name)?.version === version) standings.delete(name);
    },
    list: () =>
      secrets.names("provider.").flatMap((name) => {
        const match = /^provider\.([^.]+)\.key(?:\.(.+))?$/.exec(name);
        if (!match || secrets.get(name) === undefined) return [];
        const [, provider = "", alias = defaultAlias] = match;
        const standing = standingOf(name, secrets.version(name));
        return [
          {
            provider,
            alias,
            source: secrets.source(name) === "environment" ? ("environment" as const) : ("typed" as const),
            state: standing?.state ?? ("good" as const),
            since: standing?.at ?? null,
            until: standing && Number.isFinite(standing.until) ? standing.until : null,
          },
        ];
      }),
    set(provider, alias, value) {
      if (!aliasShape.test(alias))
        throw new MoltError("CONFIG_INVALID", {
          message: "an alias is a word of small letters, digits, - and _",
          details: { path: "alias" },
        });
      if (/[^\x21-\x7e]/.test(value.trim()))
        throw new MoltError("CONFIG_INVALID", {
          message: "a key is one word without spaces or special characters",
          details: { path: "apiKey" },
        });
      secrets.set(nameOf(provider, alias), value, "typed");
    },
    remove(provider, alias) {
      const name = nameOf(provider, alias);
      if (secrets.get(name) === undefined)
        throw new MoltError("NOT_FOUND", { message: `${provider} has no key named "${alias}"` });
      secrets.delete(name);
    },
  };
}

/** FNV-1a: only to spread. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
