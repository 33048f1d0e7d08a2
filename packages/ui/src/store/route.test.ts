import { describe, expect, it } from "vitest";
import { hashOf, routeFrom } from "./route.ts";

describe("addresses in the page", () => {
  it.each([
    { page: "chat", key: "agent:main:main" },
    { page: "chat", key: "agent:main:telegram:group:-100 ü/2" },
    { page: "settings", tab: "files" },
  ] as const)("lead back to where they came from: %j", (route) => {
    expect(routeFrom(hashOf(route))).toEqual(route);
  });

  it("fall back to the conversation when they make no sense", () => {
    for (const hash of ["", "#", "#/", "#/nowhere", "#/s/%E0%A4%A", "#/s/"])
      expect(routeFrom(hash)).toEqual({ page: "chat", key: null });
    expect(routeFrom("#/settings/nowhere")).toEqual({ page: "settings", tab: "models" });
  });
});
