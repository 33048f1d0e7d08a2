/**
 * Everything that a person has here, in formats that need no product of ours: conversations as JSON Lines and as Markdown,
 * pictures and files as they are, settings as JSON, the workspace as a git repository, the audit as JSON Lines. No secret.
 */

import type { Clock } from "../platform/clock.ts";
import type { SessionStore, StoredSession } from "../sessions/session-store.ts";
import { chatMessageFrom, type StoredMessage, type Transcript, textOf } from "../sessions/transcript.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Workspace } from "../storage/workspace.ts";
import { gitRepository } from "./git-repository.ts";
import type { ExportFile } from "./tar-stream.ts";

export interface ExportDeps {
  db: Database;
  clock: Clock;
  sessions: SessionStore;
  transcript: Transcript;
  workspace: Workspace;
  blobs: Blobs;
  settings(): Record<string, unknown>;
  version: string;
}

const pageRows = 500;
const auditRows = 1_000;

/** In an order that a person would look for things. Read as it is asked for: what changes meanwhile may be in it or not. */
export async function* exportFiles(deps: ExportDeps): AsyncGenerator<ExportFile, void, undefined> {
  const { clock, workspace } = deps;
  yield { path: "README.md", content: readme(deps.version, clock.now()) };
  yield { path: "settings.json", content: `${JSON.stringify(deps.settings(), null, 2)}\n` };
  for (const session of sessionsOf(deps.sessions)) yield* conversationFiles(session, deps);
  const files = workspace.list();
  for (const { path } of files) yield { path: `workspace/${path}`, content: workspace.read(path) ?? new Uint8Array() };
  const commit = { message: "Files of the assistant", author: "Moltworker <assistant@localhost>", atMs: clock.now() };
  const contents = (function* () {
    for (const { path } of files) yield { path, content: workspace.read(path) ?? new Uint8Array() };
  })();
  yield* gitRepository("workspace/", contents, commit);
  yield* auditFiles(deps.db);
}

function* sessionsOf(sessions: SessionStore): Generator<StoredSession, void, undefined> {
  for (const archived of [false, true]) {
    for (let offset = 0; ; offset += pageRows) {
      const page = sessions.list({ archived, limit: pageRows, offset }).sessions;
      yield* page;
      if (page.length < pageRows) break;
    }
  }
}

async function* conversationFiles(session: StoredSession, deps: ExportDeps): AsyncGenerator<ExportFile, void, undefined> {
  const name = `conversations/${session.key.replaceAll(/[^A-Za-z0-9._-]+/g, "-")}`;
  const { total } = deps.transcript.page(session.key, 1, 0);
  const blobIds = new Map<string, string>();
  const lines: string[] = [];
  const text: string[] = [`# ${session.label ?? session.title ?? session.key}`, ""];
  for (const message of messagesOf(session.key, total, deps.transcript)) {
    lines.push(JSON.stringify(chatMessageFrom(message)));
    text.push(...markdownOf(message));
    for (const part of message.entry.content)
      if (part.type === "image" || part.type === "file") blobIds.set(part.blobId, part.fileName);
  }
  yield { path: `${name}.jsonl`, content: `${[JSON.stringify({ session }), ...lines].join("\n")}\n` };
  yield { path: `${name}.md`, content: `${text.join("\n")}\n` };
  for (const [id, fileName] of blobIds) {
    const content = await deps.blobs.bytes(id);
    if (content) yield { path: `${name}.files/${id}-${fileName.replaceAll(/[/\\\p{Cc}]/gu, "_")}`, content };
  }
}

/** Oldest first; pages are counted from the newest. */
function* messagesOf(key: string, total: number, transcript: Transcript): Generator<StoredMessage, void, undefined> {
  for (let left = total; left > 0; ) {
    const count = Math.min(pageRows, left);
    yield* transcript.page(key, count, left - count).messages;
    left -= count;
  }
}

const speakers = { user: "You", assistant: "Assistant", toolResult: "Tool", compaction: "Summary of what came before" };

function markdownOf(message: StoredMessage): string[] {
  const { entry } = message;
  const calls = entry.content.flatMap((part) =>
    part.type === "toolCall" ? [`- \`${part.name}\` ${JSON.stringify(part.arguments)}`] : [],
  );
  const body = entry.role === "toolResult" ? fenced(textOf(entry)) : textOf(entry);
  const when = new Date(message.createdAt).toISOString().replace("T", " ").slice(0, 16);
  return [
    `## ${speakers[entry.role]} · ${when}`,
    "",
    ...(body === "" ? [] : [body, ""]),
    ...(calls.length > 0 ? [...calls, ""] : []),
  ];
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

function* auditFiles(db: Database): Generator<ExportFile, void, undefined> {
  let part = 0;
  let after = 0;
  for (;;) {
    const rows = db.all<{ id: number }>("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", after, auditRows);
    if (rows.length === 0) return;
    part += 1;
    after = rows.at(-1)?.id ?? after;
    yield {
      path: `audit/${String(part).padStart(4, "0")}.jsonl`,
      content: `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`,
    };
  }
}

function readme(version: string, nowMs: number): string {
  return [
    `# Export of ${new Date(nowMs).toISOString()}, Moltworker ${version}`,
    "",
    "- `conversations/`: each conversation as JSON Lines (every entry) and as Markdown (to read), and its files beside it",
    "- `workspace/`: the assistant's files, as a git repository with one commit",
    "- `settings.json`: every setting; keys and tokens are not in it",
    "- `audit/`: who did what, as JSON Lines",
    "",
  ].join("\n");
}
