/** The smallest Worker that gives tests a Durable Object with SQLite. Reach inside it with `runInDurableObject`. */

import { DurableObject } from "cloudflare:workers";

export class TestObject extends DurableObject {}

export default {
  fetch(): Response {
    return new Response("test worker");
  },
};
