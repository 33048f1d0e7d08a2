import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type S3Server, startS3Server } from "../../../../tests/support/s3-server.ts";
import { createEgress } from "../platform/egress.ts";
import { below, withRetries } from "./store.ts";
import { createS3Store } from "./store-s3.ts";

const egress = createEgress({ publicFetch: fetch, log: { debug() {}, info() {}, warn() {}, error() {} } });
const bytes = (text: string) => new TextEncoder().encode(text);
const clock = { now: () => 0, sleep: async () => {} };

describe("a bucket of an S3 server", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.gate = undefined;
    server.asked = [];
  });
  const open = (changes: object = {}) => createS3Store({ ...server, region: "us-east-1", ...changes }, egress);
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "no error",
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

  test("takes, gives, lists and deletes", async () => {
    const store = below(open(), "folder/");
    const whole = crypto.getRandomValues(new Uint8Array(65_000));
    await store.put("chunks/aa/one", whole);
    await store.put("chunks/bb/a b+c ä", bytes("two"));
    expect(await store.get("chunks/aa/one")).toEqual(whole);
    expect(await store.get("chunks/bb/a b+c ä")).toEqual(bytes("two"));
    expect(await store.get("chunks/none")).toBeUndefined();
    expect((await store.list("chunks/")).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: "chunks/aa/one", size: 65_000 },
      { name: "chunks/bb/a b+c ä", size: 3 },
    ]);
    await store.delete("chunks/aa/one");
    expect(await store.list("chunks/aa/")).toEqual([]);
  });

  test("is listed whole, beyond one page", async () => {
    const page = (key: string, more: string) =>
      `<ListBucketResult>${more}<Contents><Key>${key}</Key><Size>1</Size></Contents></ListBucketResult>`;
    server.gate = (request, response) => {
      const token = new URL(request.url ?? "", "http://x").searchParams.get("continuation-token");
      const more = "<IsTruncated>true</IsTruncated><NextContinuationToken>a+/=&amp;b</NextContinuationToken>";
      response.end(token === null ? page("many/1", more) : page(`many/${token.length}`, "<IsTruncated>false</IsTruncated>"));
      return true;
    };
    expect((await open().list("many/")).map(({ name }) => name)).toEqual(["many/1", "many/6"]);
  });

  test("with a wrong key, a wrong secret or a wrong name is a refusal that names the bucket and is not tried again", async () => {
    expect(await refusal(open({ secretAccessKey: "wrong" }).put("x", bytes("x")))).toMatch(
      /^SNAPSHOT_STORE_REFUSED: the bucket moltbot-data at 127\.0\.0\.1:\d+ took nothing: it answered 403 \(SignatureDoesNotMatch\)$/,
    );
    expect(await refusal(open({ bucket: "no-such" }).get("x"))).toMatch(/^SNAPSHOT_STORE_REFUSED: .*404 \(NoSuchBucket\)$/);
    server.asked = [];
    await refusal(withRetries(open({ accessKeyId: "nobody" }), clock).put("x", bytes("x")));
    expect(server.asked).toHaveLength(1);
  });

  test.each([
    [500, "answered 500"],
    [503, "answered 503"],
    [429, "answered 429"],
  ])("that answers %i is tried again, and then said", async (status, words) => {
    let left = 2;
    server.gate = (_, response) => {
      if (left-- <= 0) return false;
      response.writeHead(status).end();
      return true;
    };
    await withRetries(open(), clock).put("again", bytes("again"));
    expect(await open().get("again")).toEqual(bytes("again"));
    left = 100;
    expect(await refusal(withRetries(open(), clock).get("again"))).toMatch(`SNAPSHOT_STORE: `);
    expect(await refusal(open().get("again"))).toMatch(words);
  });

  test("that cuts its answer off gives nothing, and is tried again", async () => {
    await open().put("cut", new Uint8Array(10_000));
    let cuts = 1;
    server.gate = (_, response) => {
      if (cuts-- <= 0) return false;
      response.writeHead(200, { "content-length": "10000" });
      response.write(Buffer.alloc(5_000), () => response.destroy());
      return true;
    };
    expect(await refusal(open().get("cut"))).toMatch(/^SNAPSHOT_STORE: .*cut off/);
    cuts = 1;
    expect(await withRetries(open(), clock).get("cut")).toHaveLength(10_000);
  });

  test("that is not there at all is said by its name", async () => {
    expect(await refusal(open({ endpoint: "http://127.0.0.1:1" }).get("x"))).toMatch(/^SNAPSHOT_STORE: .*127\.0\.0\.1:1/);
  });
});
