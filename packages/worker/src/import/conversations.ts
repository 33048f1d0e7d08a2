/** Finds the conversations of a source: JSON Lines beside `sessions.json`, or the database that OpenClaw keeps since 2026.9. */

import { decompress } from "fzstd";
import type { Layout } from "./layout.ts";
import { databaseIn } from "./source-database.ts";
import { asObject, asText, objectsIn, readObject, readText, type SourceTree } from "./source-tree.ts";
import type { SqliteRow } from "./sqlite-file.ts";
import { entriesFrom, type ImportedEntry } from "./transcript-events.ts";

export interface Conversation {
  /** Its id in the source, which never changes. */
  sourceId: string;
  /** `agent:main:main` and the like. */
  key: string;
  /** What stood under this key before it was reset. */
  former: boolean;
  label: string | undefined;
  updatedAt: number;
  entries(): ImportedEntry[];
}

/** Something that should have been conversations and cannot be read. */
export interface Unreadable {
  path: string;
  why: string;
}

export function findConversations(tree: SourceTree, layout: Layout): { conversations: Conversation[]; unreadable: Unreadable[] } {
  const agents = `${layout.configFolder}agents/`;
  const ids = new Set(
    tree.list().flatMap(({ path }) => (path.startsWith(agents) ? [path.slice(agents.length).split("/")[0] as string] : [])),
  );
  const conversations: Conversation[] = [];
  const unreadable: Unreadable[] = [];
  for (const id of ids) {
    const databasePath = `${agents}${id}/agent/openclaw-agent.sqlite`;
    try {
      conversations.push(...fromDatabase(tree, databasePath));
    } catch (error) {
      unreadable.push({ path: databasePath, why: (error as Error).message });
    }
    const known = new Set(conversations.map(({ sourceId }) => sourceId));
    conversations.push(...fromLines(tree, `${agents}${id}/sessions/`, id).filter(({ sourceId }) => !known.has(sourceId)));
  }
  return { conversations: conversations.sort((left, right) => left.updatedAt - right.updatedAt), unreadable };
}

function fromDatabase(tree: SourceTree, path: string): Conversation[] {
  const database = databaseIn(tree, path);
  if (!database) return [];
  const current = new Map([...database.rows("session_nodes")].map((row) => [row.session_key, row]));
  const windows = [...database.rows("session_windows")];
  const events = new Map<unknown, SqliteRow[]>();
  for (const row of database.rows("transcript_events")) events.set(row.session_id, [...(events.get(row.session_id) ?? []), row]);
  return windows.map((window): Conversation => {
    const node = current.get(window.session_key ?? null);
    const entry = asObject(parsed(asText(node?.entry_json) ?? ""));
    const sourceId = String(window.session_id);
    return {
      sourceId,
      key: String(window.session_key),
      former: node?.current_session_id !== window.session_id,
      label: asText(entry?.label) ?? asText(window.display_name),
      updatedAt: Number(window.updated_at ?? 0),
      entries: () => {
        const rows = (events.get(sourceId) ?? []).sort((left, right) => Number(left.seq) - Number(right.seq));
        return entriesFrom(objectsIn(rows.map((row) => parsed(eventText(row)))), sourceId);
      },
    };
  });
}

/** Large events are kept compressed. */
function eventText(row: SqliteRow): string {
  if (typeof row.event_json === "string") return row.event_json;
  if (!(row.event_zstd instanceof Uint8Array)) return "";
  try {
    return new TextDecoder().decode(decompress(row.event_zstd));
  } catch {
    return "";
  }
}

function fromLines(tree: SourceTree, folder: string, agentId: string): Conversation[] {
  const index = readObject(tree, `${folder}sessions.json`) ?? {};
  const bySession = new Map(
    Object.entries(index).flatMap(([key, value]) => {
      const entry = asObject(value);
      const sessionId = asText(entry?.sessionId);
      return entry && sessionId !== undefined ? [[sessionId, { key, entry }] as const] : [];
    }),
  );
  const files = tree
    .list()
    .filter(({ path }) => path.startsWith(folder) && path.endsWith(".jsonl") && !path.slice(folder.length).includes("/"));
  return files.map(({ path }): Conversation => {
    const sourceId = path.slice(folder.length, -".jsonl".length);
    const known = bySession.get(sourceId);
    return {
      sourceId,
      key: fullKey(known?.key ?? "main", agentId),
      former: known === undefined,
      label: asText(known?.entry.label) ?? asText(known?.entry.displayName),
      updatedAt: Number(known?.entry.updatedAt ?? 0),
      entries: () => {
        const lines = (readText(tree, path) ?? "").split("\n");
        return entriesFrom(objectsIn(lines.map(parsed)), sourceId);
      },
    };
  });
}

const fullKey = (key: string, agentId: string): string => (key.startsWith("agent:") ? key : `agent:${agentId}:${key}`);

/** A half-written last line is normal after a crash. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
