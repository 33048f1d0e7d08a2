/**
 * The homes of a hosted OpenClaw, by moment: a list of files each, made of chunks that are blobs of the assistant. A home is
 * whole before it has a row, is never changed, and goes only when newer ones that were proved stand in its place.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../../platform/clock.ts";
import { createId } from "../../platform/id.ts";
import { sha256Hex } from "../../platform/sha256.ts";
import type { Blobs } from "../../storage/blobs.ts";
import type { Database } from "../../storage/database.ts";
import type { SavedLine } from "./front.ts";
import { compareVersions } from "./versions.ts";

export interface HomeRow {
  id: string;
  madeAt: number;
  /** OpenClaw that wrote it. */
  version: string;
  reason: string;
  /** The container's own word for this content. */
  mark: string;
  files: number;
  bytes: number;
  /** Only one that was restored and compared is `good`. */
  verdict: "unproved" | "good" | "damaged";
}

export interface Homes {
  list(): HomeRow[];
  /** The newest that this version may read: a newer OpenClaw may have written what an older cannot. */
  newestFor(version: string): HomeRow | undefined;
  /** Keeps what the container sends; undefined when nothing has changed. Throws when a piece is damaged: no row is made then. */
  keep(lines: AsyncIterable<SavedLine>, about: { version: string; reason: string }): Promise<HomeRow | undefined>;
  chunksOf(id: string): string[];
  /** The home as the container reads it. Throws when a piece is gone. */
  read(id: string): ReadableStream<Uint8Array>;
  judge(id: string, verdict: HomeRow["verdict"]): void;
  prune(): Promise<void>;
}

interface Row {
  id: string;
  made_at: number;
  version: string;
  reason: string;
  mark: string;
  files: number;
  bytes: number;
  verdict: string;
}

const keptNewest = 8;
const keptDays = 14;
const dayMs = 86_400_000;
const columns = "id, made_at, version, reason, mark, files, bytes, verdict";
const blobOf = (sha: string) => `home-${sha}`;
const base64 = {
  bytes: (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
  text(bytes: Uint8Array) {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    return btoa(text);
  },
};

export function createHomes({ db, blobs, clock }: { db: Database; blobs: Blobs; clock: Clock }): Homes {
  const list = () =>
    db
      .all<Row>(`SELECT ${columns} FROM hosted_homes ORDER BY made_at DESC, id DESC`)
      .map(({ made_at: madeAt, verdict, ...row }) => ({ ...row, madeAt, verdict: verdict as HomeRow["verdict"] }));
  const chunksOf = (id: string) =>
    db.all<{ sha: string }>("SELECT sha FROM hosted_home_chunks WHERE home = ?", id).map(({ sha }) => sha);

  async function* linesOf(id: string): AsyncGenerator<string> {
    const manifest = await pieceOf(db.one<{ manifest: string }>("SELECT manifest FROM hosted_homes WHERE id = ?", id)?.manifest);
    yield `{"type":"manifest","files":${new TextDecoder().decode(manifest)}}\n`;
    for (const sha of chunksOf(id)) yield `{"type":"chunk","sha":"${sha}","data":"${base64.text(await pieceOf(sha))}"}\n`;
  }
  async function pieceOf(sha: string | undefined): Promise<Uint8Array> {
    const bytes = sha && (await blobs.bytes(blobOf(sha)));
    if (!bytes || (await sha256Hex(bytes)) !== sha)
      throw new MoltError("CONTAINER_FAILED", { message: "a piece of the home that was kept is missing or damaged" });
    return bytes;
  }
  async function put(bytes: Uint8Array): Promise<string> {
    const sha = await sha256Hex(bytes);
    // What is there under this name is the same content.
    if (!blobs.info(blobOf(sha))) await blobs.put(blobOf(sha), bytes, "application/octet-stream");
    return sha;
  }

  function insert(row: HomeRow, manifest: string, chunks: ReadonlySet<string>): void {
    db.transaction(() => {
      const values = [row.id, row.madeAt, row.version, row.reason, row.mark, row.files, row.bytes, row.verdict];
      db.run(`INSERT INTO hosted_homes (${columns}, manifest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, ...values, manifest);
      for (const sha of chunks) db.run("INSERT INTO hosted_home_chunks (home, sha) VALUES (?, ?)", row.id, sha);
    });
  }

  return {
    list,
    chunksOf,
    newestFor: (version) => list().find((row) => row.verdict !== "damaged" && compareVersions(row.version, version) <= 0),
    async keep(lines, { version, reason }) {
      for await (const line of lines) {
        if (line.type === "same") return undefined;
        if (line.type === "error")
          throw new MoltError("CONTAINER_FAILED", { message: `the home could not be saved: ${line.error}` });
        if (line.type === "chunk") {
          if ((await put(base64.bytes(line.data))) !== line.sha)
            throw new MoltError("CONTAINER_FAILED", { message: "a piece of the home was damaged on its way" });
          continue;
        }
        const chunks = new Set(line.files.flatMap((file) => file.parts?.map(({ sha }) => sha) ?? []));
        for (const sha of chunks)
          if (!blobs.info(blobOf(sha)))
            throw new MoltError("CONTAINER_FAILED", { message: "a piece of the home did not arrive" });
        const manifest = await put(new TextEncoder().encode(JSON.stringify(line.files)));
        const now = clock.now();
        const bytes = line.files.reduce((sum, file) => sum + (file.size ?? 0), 0);
        const row: HomeRow = {
          id: createId("home", now),
          madeAt: now,
          version,
          reason,
          mark: line.mark,
          files: line.files.length,
          bytes,
          verdict: "unproved",
        };
        insert(row, manifest, chunks);
        return row;
      }
      throw new MoltError("CONTAINER_FAILED", { message: "the home was cut off while it was saved" });
    },
    read(id) {
      const lines = linesOf(id);
      const encoder = new TextEncoder();
      return new ReadableStream({
        async pull(controller) {
          try {
            const { value, done } = await lines.next();
            if (done) controller.close();
            else controller.enqueue(encoder.encode(value));
          } catch (error) {
            controller.error(error);
          }
        },
        cancel: () => void lines.return(undefined),
      });
    },
    judge: (id, verdict) => void db.run("UPDATE hosted_homes SET verdict = ? WHERE id = ?", verdict, id),
    async prune() {
      const gone = spare(list(), clock.now());
      for (const id of gone)
        db.transaction(() => {
          const manifest = db.one<{ manifest: string }>("SELECT manifest FROM hosted_homes WHERE id = ?", id)?.manifest;
          if (manifest) db.run("INSERT OR IGNORE INTO hosted_home_chunks (home, sha) VALUES ('', ?)", manifest);
          db.run(
            "INSERT OR IGNORE INTO hosted_home_chunks (home, sha) SELECT '', sha FROM hosted_home_chunks WHERE home = ?",
            id,
          );
          db.run("DELETE FROM hosted_home_chunks WHERE home = ?", id);
          db.run("DELETE FROM hosted_homes WHERE id = ?", id);
        });
      // What was on the list of the gone and no home stands on any more.
      const orphans = db.all<{ sha: string }>(
        `SELECT sha FROM hosted_home_chunks AS gone WHERE home = ''
         AND NOT EXISTS (SELECT 1 FROM hosted_home_chunks AS kept WHERE kept.sha = gone.sha AND kept.home <> '')
         AND NOT EXISTS (SELECT 1 FROM hosted_homes WHERE manifest = gone.sha) LIMIT 500`,
      );
      for (const { sha } of orphans) await blobs.delete(blobOf(sha));
      db.run("DELETE FROM hosted_home_chunks WHERE home = ''");
    },
  };
}

/** Which homes may go. The newest, the newest good one, the newest of each version and one a day stay. Pure. */
export function spare(rows: readonly HomeRow[], now: number): string[] {
  const kept = new Set<string>(rows.slice(0, keptNewest).map(({ id }) => id));
  const firstOf = (matches: (row: HomeRow) => boolean) => {
    const found = rows.find(matches);
    if (found) kept.add(found.id);
  };
  firstOf(({ verdict }) => verdict === "good");
  for (const version of new Set(rows.map((row) => row.version))) {
    firstOf((row) => row.version === version);
    firstOf((row) => row.version === version && row.verdict === "good");
  }
  for (let day = 0; day < keptDays; day += 1)
    firstOf(({ madeAt }) => Math.floor(madeAt / dayMs) === Math.floor(now / dayMs) - day);
  return rows.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
}
