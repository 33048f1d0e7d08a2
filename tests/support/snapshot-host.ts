/** The host's side of snapshots for tests of the whole product: begin work, wait for its end, read what there is. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SnapshotJob, SnapshotsState } from "@moltworker/protocol/snapshots";
import type { Server } from "./server.ts";

export interface SnapshotHost {
  state(): Promise<SnapshotsState>;
  begin(what: string, body?: object): Promise<string>;
  ended(jobId: string): Promise<SnapshotJob>;
  /** From now on snapshots go to this bucket. */
  destination(s3: Record<string, string>): Promise<void>;
}

/** Rejects when the server is gone. */
export function snapshotHost(server: Pick<Server, "dataDir" | "url">): SnapshotHost {
  const key = () => (JSON.parse(readFileSync(join(server.dataDir, "run.json"), "utf8")) as { hostKey: string }).hostKey;
  const once = (path: string, body?: object) =>
    fetch(new URL(path, server.url), {
      ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
      headers: { authorization: `Bearer ${key()}`, ...(body ? { "content-type": "application/json" } : {}) },
    });
  const ask = async (path: string, body?: object) => {
    const response = await once(path, body);
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  };
  return {
    state: async () => (await ask("/api/host/snapshots")) as unknown as SnapshotsState,
    begin: async (what, body = {}) => String((await ask(`/api/host/snapshots/${what}`, body)).jobId),
    destination: async (s3) => void (await ask("/api/host/snapshots/destination", s3)),
    async ended(jobId) {
      for (;;) {
        const { job } = (await ask(`/api/host/snapshots/jobs/${jobId}`)) as unknown as { job: SnapshotJob };
        if (job.endedAt !== null) return job;
      }
    },
  };
}

/** The assistant's own database file of a stopped server. */
export function openDatabaseFile(dataDir: string): DatabaseSync {
  const folder = join(dataDir, "do", "moltworker-Assistant");
  const name = readdirSync(folder).find((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite");
  if (!name) throw new Error(`no database in ${folder}`);
  return new DatabaseSync(join(folder, name));
}

/** Adds `count` messages of about `bytes` each, from `first` on. */
export function addMessages(db: DatabaseSync, first: number, count: number, bytes = 1_000): void {
  const insert = db.prepare(
    "INSERT INTO messages (id, session_key, revision, seq, role, body, created_at) VALUES (?, 'agent:main:filled', 1, ?, 'user', ?, ?)",
  );
  db.exec("BEGIN");
  db.exec(
    "INSERT OR IGNORE INTO sessions (key, session_id, created_at, updated_at, next_seq) VALUES ('agent:main:filled', 's', 1, 1, 100000000)",
  );
  let word = 0x1234_5678 + first;
  for (let seq = first; seq < first + count; seq += 1) {
    // Text that packs like prose does, neither all alike nor noise.
    let text = "";
    while (text.length < bytes) {
      word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
      text += `${words[word % words.length]}${word % 97} `;
    }
    insert.run(
      `msg_${String(seq).padStart(10, "0")}`,
      seq,
      JSON.stringify({ role: "user", content: [{ type: "text", text }] }),
      seq,
    );
  }
  db.exec("COMMIT");
}

const words = "tea morning snapshot lobster harbour message remember invoice garden window answer table quiet number".split(" ");
