import { expect, test } from "vitest";
import { placeOf } from "./address.ts";

test("an address read by its text is what the parser gives", () => {
  const paths = [
    "/openai/chat/completions",
    "/openai/v1/chat/completions",
    "/v1/acc/default/google-ai-studio/v1beta/models/gemini-2.5-pro:generateContent",
    "/openai/../_admin",
    "/openai/./x",
    "/openai/%2e%2e/x",
    "/openai//x",
    "/openai/x/",
    "/",
    "/a/.hidden",
    "/a/b..c",
    "/a/b?key=x&alt=sse",
    "/a/b#c",
    "/a\\b",
    "/a/ü",
    "/a/b c",
    "/__proto__/constructor",
  ];
  for (const origin of ["http://127.0.0.1:8787", "https://gate.example.com", "http://[::1]:80"])
    for (const path of paths) {
      const { pathname, search } = new URL(`${origin}${path}`);
      expect(placeOf(`${origin}${path}`)).toMatchObject({ pathname, search });
    }
});
