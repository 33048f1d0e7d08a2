import { describe, expect, it } from "vitest";
import { hashOf, routeFrom } from "./route.ts";

describe("addresses in the page", () => {
  it.each([
    { page: "chat", key: "agent:main:main" },
    { page: "chat", key: "agent:main:telegram:group:-100 ü/2" },
    { page: "settings", tab: "files" },
    { page: "admin", id: null, rest: null },
    { page: "admin", id: "configuration", rest: null },
    { page: "admin", id: "configuration", rest: "agent/ü 1%" },
  ] as const)("lead back to where they came from: %j", (route) => {
    expect(routeFrom(hashOf(route))).toEqual(route);
  });

  it("lead to where a page moved", () => {
    expect(routeFrom("#/settings/access")).toEqual({ page: "admin", id: "access", rest: null });
    expect(routeFrom("#/settings/health")).toEqual({ page: "admin", id: "health", rest: null });
    expect(routeFrom("#/admin/")).toEqual({ page: "admin", id: null, rest: null });
  });

  it("fall back to the conversation when they make no sense", () => {
    for (const hash of ["", "#", "#/", "#/nowhere", "#/s/%E0%A4%A", "#/s/"])
      expect(routeFrom(hash)).toEqual({ page: "chat", key: null });
    expect(routeFrom("#/settings/nowhere")).toEqual({ page: "settings", tab: "models" });
  });
});
