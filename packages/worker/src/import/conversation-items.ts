/** Conversations become conversations: under their own key where that is free, else beside the one that is there already. */

import type { ImportedLog } from "../sessions/imported-log.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import { type Conversation, findConversations } from "./conversations.ts";
import type { ImportItem } from "./item.ts";
import type { Layout } from "./layout.ts";
import type { SourceTree } from "./source-tree.ts";

export interface ConversationTarget {
  db: Database;
  blobs: Blobs;
  log: ImportedLog;
}

export function conversationItems(tree: SourceTree, layout: Layout, target: ConversationTarget): ImportItem[] {
  const { conversations, unreadable } = findConversations(tree, layout);
  const taken = new Set<string>();
  return [
    ...unreadable.map(({ path, why }): ImportItem => ({ kind: "conversation", name: path, verdict: "failed", why })),
    // The newest of a key comes first, so that it gets the key itself.
    ...conversations.reverse().map((conversation) => itemOf(conversation, target, taken)),
  ];
}

function itemOf(conversation: Conversation, target: ConversationTarget, taken: Set<string>): ImportItem {
  const name = `${conversation.key} (${conversation.sourceId.slice(0, 8)})`;
  const entries = conversation.entries();
  if (entries.length === 0) return { kind: "conversation", name, verdict: "dropped", why: "nothing was said in it" };
  const key = placeFor(conversation, target, taken);
  taken.add(key);
  const missing = target.log.missing(
    key,
    conversation.sourceId,
    entries.map(({ id }) => id),
  );
  if (missing === 0) return { kind: "conversation", name, verdict: "same" };
  const own = key === conversation.key;
  return {
    kind: "conversation",
    name,
    verdict: own ? "taken" : "changed",
    ...(own
      ? {}
      : {
          why: conversation.former
            ? `an earlier conversation of that key; it becomes ${key}, archived`
            : `there is one of that key here; it becomes ${key}`,
        }),
    async work() {
      for (const { pictures } of entries)
        for (const { blobId, bytes, mimeType } of pictures) await target.blobs.put(blobId, bytes, mimeType);
      target.db.transaction(() => {
        target.db.run(
          "INSERT OR REPLACE INTO import_sessions (source_id, session_key) VALUES (?, ?)",
          conversation.sourceId,
          key,
        );
        target.log.add({
          key,
          sourceId: conversation.sourceId,
          label: conversation.label,
          archived: conversation.former,
          entries,
        });
      });
    },
  };
}

function placeFor({ key, sourceId, former }: Conversation, { db, log }: ConversationTarget, taken: Set<string>): string {
  const known = db.one<{ session_key: string }>("SELECT session_key FROM import_sessions WHERE source_id = ?", sourceId);
  if (known) return known.session_key;
  if (!former && !taken.has(key) && log.isFree(key)) return key;
  return `${key}:imported-${sourceId.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 8)}`;
}
