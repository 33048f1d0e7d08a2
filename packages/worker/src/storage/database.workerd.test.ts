import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe } from "vitest";
import { describeDatabase } from "../../../../tests/support/database-contract.ts";
import { createDatabase } from "./database.ts";

const objects = (env as unknown as { TEST_OBJECT: DurableObjectNamespace }).TEST_OBJECT;

describe("the Durable Object's database", () => {
  describeDatabase((work) =>
    runInDurableObject(objects.getByName(crypto.randomUUID()), (_, state) => work(createDatabase(state.storage))),
  );
});
