import { expect, test } from "vitest";
import { shortId } from "./mistral.ts";

test("Mistral's ids: nine characters, its own kept, different ones different", () => {
  expect(shortId("D681PevKs")).toBe("D681PevKs");
  const ids = Array.from({ length: 5_000 }, (_, index) => shortId(`call_${index}`));
  expect(ids.every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});
