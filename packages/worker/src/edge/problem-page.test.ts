import { MoltError } from "@moltworker/protocol/errors";
import { expect, test } from "vitest";
import { problemPage } from "./problem-page.ts";

test("whatever stands in the words, none of it becomes markup", async () => {
  const hostile = `<img src=x onerror=alert(1)> "quoted" & \`<b>code</b>\``;
  const answer = problemPage({
    title: hostile,
    error: new MoltError("AUTH_TOKEN_MISMATCH", { message: hostile, hint: hostile }),
    action: { label: hostile, path: `/"><script>alert(1)</script>` },
  });
  const page = await answer.text();
  expect(answer.status).toBe(401);
  expect(page).not.toMatch(/<img|<b>|<script/);
  expect(page).toContain("<code>&lt;b&gt;code&lt;/b&gt;</code>");
  expect(page).toContain('href="/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
});

test("the style is allowed by its nonce alone, a new one each time", async () => {
  const pages = [1, 2].map(() => problemPage({ title: "t", error: new MoltError("INTERNAL") }));
  const nonces = await Promise.all(pages.map(async (page) => /<style nonce="([\w-]{22})">/.exec(await page.text())?.[1]));
  expect(nonces[0]).not.toBe(nonces[1]);
  expect(pages.map((page) => /'nonce-([\w-]{22})'/.exec(page.headers.get("content-security-policy") ?? "")?.[1])).toEqual(nonces);
});
