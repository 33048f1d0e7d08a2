/** Tables of the governor: what budgets have spent and hold. */

import type { Migration } from "../../storage/migrations.ts";

export const governorMigration: Migration = {
  name: "0017-governor",
  statements: [
    // In nanodollars. `held` is never less than what was spent and is reserved, so after a crash it is the most that can have been spent.
    `CREATE TABLE gateway_spend (
      budget TEXT NOT NULL, part TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER,
      spent INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY (budget, part, starts_at))`,
    // What a life of the object left unsettled; empty but for the calls that fly.
    "CREATE INDEX gateway_spend_open ON gateway_spend (budget) WHERE held > spent",
  ],
};
