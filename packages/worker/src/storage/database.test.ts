import { describe } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { describeDatabase } from "../../../../tests/support/database-contract.ts";

describe("the database of unit tests", () => {
  describeDatabase(async (work) => work(createTestDatabase()));
});
