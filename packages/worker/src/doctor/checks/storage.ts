import { fail, ok } from "@moltworker/protocol/doctor";
import type { AssistantCheck, CheckContext } from "../check.ts";

const mark = "doctor";
const cure = { text: "Restore the last copy of the data folder, or move the damaged file away to start fresh." };

/** A row is written and read back, and SQLite looks through its own pages. */
export const storage: AssistantCheck = {
  id: "storage",
  title: "Database",
  about: "The database takes a row and gives it back, and SQLite finds its pages in order.",
  run(context) {
    const nonce = crypto.randomUUID();
    try {
      context.marks.set(mark, nonce);
    } catch (error) {
      return fail("DATA_NOT_WRITABLE", `the database takes no rows: ${wordsOf(error)}`, {
        text: "Free space on the disk, and give the assistant's user write permission.",
      });
    }
    if (context.marks.get(mark) !== nonce)
      return fail("STORAGE_CORRUPT", "the database does not give back what was written", cure);
    const damage = damageIn(context);
    return damage ? fail("STORAGE_CORRUPT", `the database is damaged: ${damage}`, cure) : ok("rows are written and read back");
  },
};

function damageIn({ db }: CheckContext): string | undefined {
  try {
    const [row] = db.all<{ quick_check: string }>("PRAGMA quick_check(1)");
    return row && row.quick_check !== "ok" ? row.quick_check : undefined;
  } catch (error) {
    return wordsOf(error);
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);
