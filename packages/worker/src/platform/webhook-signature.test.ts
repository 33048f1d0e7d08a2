/** Verify or refuse: every part that can be missing, wrong, old or of another form. */

import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type SignatureForm, signStandard, verifySignature } from "./webhook-signature.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const plainSecret = "a secret of one's own";
const nowMs = 1_800_000_000_000;
const seconds = String(nowMs / 1_000);
const body = new TextEncoder().encode('{"event":"push","n":1}');
const text = new TextDecoder().decode(body);
const hex = (of: string, key = plainSecret) => createHmac("sha256", key).update(of).digest("hex");
const base64 = (of: string) =>
  createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
    .update(of)
    .digest("base64");

const standard = (over: Record<string, string> = {}) => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": seconds,
  "webhook-signature": `v1,${base64(`msg_1.${seconds}.${text}`)}`,
  ...over,
});
const github = (over: Record<string, string> = {}) => ({ "x-hub-signature-256": `sha256=${hex(text)}`, ...over });
const timestamped = (over: Record<string, string> = {}) => ({
  "x-signature": `t=${seconds},v1=${hex(`${seconds}.${text}`)}`,
  ...over,
});
const verify = (form: SignatureForm, headers: Record<string, string>, of: Uint8Array = body, key?: string) =>
  verifySignature({
    form,
    secret: key ?? (form === "standard" ? secret : plainSecret),
    headers: new Headers(headers),
    body: of,
    nowMs,
  });
const code = (expected: string) => expect.objectContaining({ code: expected });

test("GitHub's published example", async () => {
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const headers = { "x-hub-signature-256": signature };
  const hello = new TextEncoder().encode("Hello, World!");
  await expect(verify("github", headers, hello, "It's a Secret to Everybody")).resolves.toBe(signature.slice(7));
});

test("the published example of Standard Webhooks", async () => {
  const example = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const signed = { form: "standard", secret, headers: new Headers(example), nowMs: 1_614_265_330_000 } as const;
  await expect(verifySignature({ ...signed, body: new TextEncoder().encode('{"test": 2432232314}') })).resolves.toBe(
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
  );
});

test("what we sign, we verify", async () => {
  const headers = await signStandard(secret, { id: "m", timestampMs: nowMs, body });
  await expect(verify("standard", headers)).resolves.toBe("m");
  await expect(verify("standard", { ...headers, "webhook-id": "n" })).rejects.toEqual(code("SIGNATURE_INVALID"));
});

test("several signatures are keys in rotation: one right one is enough", async () => {
  const right = standard()["webhook-signature"];
  await expect(verify("standard", standard({ "webhook-signature": `v1,AAAA v2,x ${right}` }))).resolves.toBe("msg_1");
});

describe.each([
  ["standard", standard],
  ["github", github],
  ["timestamped", timestamped],
] as const)("%s", (form, make) => {
  test("right, and the same delivery has the same name", async () => {
    const first = await verify(form, make());
    expect(first).not.toBe("");
    expect(await verify(form, make())).toBe(first);
  });

  test("another body, another secret, no secret", async () => {
    const other = new TextEncoder().encode(`${text} `);
    await expect(verify(form, make(), other)).rejects.toEqual(code("SIGNATURE_INVALID"));
    await expect(verify(form, make(), body, "another")).rejects.toEqual(code("SIGNATURE_INVALID"));
    await expect(verify(form, make(), body, "")).rejects.toEqual(code("SIGNATURE_INVALID"));
  });

  test("each header missing, empty, cut", async () => {
    for (const name of Object.keys(make())) {
      const { [name]: value = "", ...rest } = make() as Record<string, string>;
      for (const wrong of [undefined, "", " ", value.slice(0, -2), value.slice(2), "v1,", "t=,v1=", "sha256="])
        await expect(verify(form, wrong === undefined ? rest : { ...rest, [name]: wrong })).rejects.toHaveProperty(
          "code",
          expect.stringMatching(/^SIGNATURE_/),
        );
    }
  });
});

test.each([
  ["standard", -301],
  ["standard", 301],
  ["timestamped", -301],
  ["timestamped", 301],
] as const)("%s at %i s from now is refused, although its signature is right", async (form, offset) => {
  const at = String(nowMs / 1_000 + offset);
  const headers =
    form === "standard"
      ? standard({ "webhook-timestamp": at, "webhook-signature": `v1,${base64(`msg_1.${at}.${text}`)}` })
      : timestamped({ "x-signature": `t=${at},v1=${hex(`${at}.${text}`)}` });
  await expect(verify(form, headers)).rejects.toEqual(code("SIGNATURE_STALE"));
});
