/** The whole product with Ceph's S3 server, which is nobody's mock: snapshots, proof, going back, an import. Long form only. */

import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { homeFiles } from "../support/import-home.ts";
import { type RadosGateway, startRadosGateway } from "../support/radosgw.ts";
import { runCommand, type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";

describe.runIf(process.env.STATE_CEPH === "1")("a bucket of Ceph", () => {
  let ceph: RadosGateway;
  let server: Server;
  beforeAll(async () => {
    [ceph, server] = [await startRadosGateway(), await startServer()];
    await server.stop();
    const db = openDatabaseFile(server.dataDir);
    addMessages(db, 1, 3_000);
    db.close();
    await server.restart();
  }, 400_000);
  afterAll(async () => {
    await server?.dispose();
    await ceph?.close();
  });
  const place = () => {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = ceph;
    return { endpoint, bucket, accessKeyId, secretAccessKey, region: "us-east-1", prefix: "mine/deep/" };
  };

  test("takes snapshots, proves them, gives them back, and says which key is wrong", async () => {
    const host = snapshotHost(server);
    await expect(host.destination({ ...place(), secretAccessKey: "wrong" })).rejects.toThrow(/403.*SignatureDoesNotMatch/);
    await expect(host.destination({ ...place(), bucket: "nobodys" })).rejects.toThrow(/404.*NoSuchBucket/);
    await host.destination(place());
    const first = await host.ended(await host.begin("create"));
    expect(first, String(first.outcome)).toMatchObject({ state: "done" });
    await server.stop();
    const db = openDatabaseFile(server.dataDir);
    db.exec("UPDATE messages SET superseded = 1 WHERE seq = 77");
    db.exec("DELETE FROM messages WHERE seq > 2000");
    db.close();
    await server.restart();
    expect(await host.ended(await host.begin("create"))).toMatchObject({ state: "done" });
    expect(await host.ended(await host.begin("verify", { id: first.snapshotId }))).toMatchObject({ state: "done" });
    expect(await host.ended(await host.begin("restore", { id: first.snapshotId }))).toMatchObject({ state: "done" });
    expect((await host.state()).snapshots.map(({ state }) => state)).toEqual(["verified", "verified", "verified"]);
    await server.stop();
    const restored = openDatabaseFile(server.dataDir);
    const { n } = restored.prepare("SELECT count(*) AS n FROM messages WHERE session_key = 'agent:main:filled'").get() as {
      n: number;
    };
    restored.close();
    expect(n).toBe(3_000);
    await server.restart();
  });

  test("is listed page by page and imported from, as it is", async () => {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = ceph;
    const client = new AwsClient({ accessKeyId, secretAccessKey, region: "us-east-1", service: "s3" });
    const put = async (key: string, body: string) => {
      const path = key.split("/").map(encodeURIComponent).join("/");
      expect((await client.fetch(`${endpoint}/${bucket}/${path}`, { method: "PUT", body })).status).toBe(200);
    };
    for (const [path, content] of Object.entries(homeFiles("old/openclaw/", "old/workspace/"))) await put(path, String(content));
    // More than a page, and names that XML has to escape.
    for (let at = 0; at < 1_050; at += 50)
      await Promise.all(Array.from({ length: 50 }, (_, one) => put(`old/workspace/notes/${at + one} <&> 'é'.md`, "note")));
    const found = await runCommand(["import", `s3://${bucket}/old`, "--data", server.dataDir, "--json"], {
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: "us-east-1" },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    });
    expect(found.code, found.stderr).toBe(0);
    const names = found.events.filter(({ type }) => type === "line").map(({ name }) => String(name));
    expect(names.filter((name) => name.includes("notes/")).length).toBe(1_050);
    expect(names.some((name) => name.includes("7 <&> 'é'.md"))).toBe(true);
  });
});
