/** The durable event log behind `resume`: each event a row, in the same commit as the change it announces. */

import type { EventName } from "@moltworker/protocol/events";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";

export const eventsMigration: Migration = {
  name: "0003-events",
  statements: [
    "CREATE TABLE events (cursor INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, payload TEXT NOT NULL, created_at INTEGER NOT NULL)",
  ],
};

/** Events kept for clients that come back. */
const keptEvents = 20_000;
/** Events replayed in one go; a client further behind reads its history again instead. */
const replayLimit = 5_000;

export interface LoggedEvent {
  cursor: number;
  event: EventName;
  /** JSON. */
  payload: string;
}

export interface EventLog {
  append(event: EventName, payload: string): number;
  /** Cursor of the newest event. */
  cursor(): number;
  /** Everything after `cursor`, or undefined when that is no longer whole (or the cursor is from another log). */
  since(cursor: number): LoggedEvent[] | undefined;
  prune(): void;
}

export function createEventLog(db: Database, clock: Clock): EventLog {
  let newest = db.one<{ newest: number | null }>("SELECT max(cursor) AS newest FROM events")?.newest ?? 0;
  return {
    append(event, payload) {
      newest =
        db.one<{ cursor: number }>(
          "INSERT INTO events (event, payload, created_at) VALUES (?, ?, ?) RETURNING cursor",
          event,
          payload,
          clock.now(),
        )?.cursor ?? newest;
      return newest;
    },
    cursor: () => newest,
    since(cursor) {
      if (cursor === newest) return [];
      const oldest = db.one<{ oldest: number | null }>("SELECT min(cursor) AS oldest FROM events")?.oldest ?? newest + 1;
      if (cursor > newest || cursor + 1 < oldest || newest - cursor > replayLimit) return undefined;
      return db.all<LoggedEvent>("SELECT cursor, event, payload FROM events WHERE cursor > ? ORDER BY cursor", cursor);
    },
    prune: () => void db.run("DELETE FROM events WHERE cursor <= ?", newest - keptEvents),
  };
}
