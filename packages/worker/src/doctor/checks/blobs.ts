import { type Finding, fail, ok } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** Pictures and files lie beside the database: a bucket or a folder of its own, with faults of its own. */
export const blobs: AssistantCheck = {
  id: "blobs",
  title: "File storage",
  about: "The bucket (or the folder `blobs/`) takes a file, gives it back and deletes it.",
  async run({ blobs: store, clock }) {
    const id = `doctor-${clock.now()}`;
    const sent = crypto.getRandomValues(new Uint8Array(32));
    try {
      await store.put(id, sent, "application/octet-stream");
      const read = await store.bytes(id);
      await store.delete(id);
      const same = read?.length === sent.length && sent.every((byte, place) => byte === read[place]);
      return same ? ok("a file was written, read back and deleted") : broken("a file does not come back as it was written");
    } catch (error) {
      return broken(error instanceof Error ? error.message : String(error));
    }
  },
};

function broken(words: string): Finding {
  return fail("DATA_NOT_WRITABLE", `files cannot be kept: ${words.slice(0, 200)}`, {
    text: "Check that the bucket is bound, or that `blobs/` in the data folder is a folder that can be written and has space.",
  });
}
