import { expect, test } from "vitest";
import { accessTeam } from "./access-team.ts";

test.each([
  "my-team",
  "My-Team",
  "  my-team  ",
  "my-team.cloudflareaccess.com",
  "my-team.cloudflareaccess.com/",
  "MY-TEAM.CloudflareAccess.com.",
  "https://my-team.cloudflareaccess.com",
  "https://my-team.cloudflareaccess.com///",
  "HTTPS://My-Team.cloudflareaccess.com/cdn-cgi/access/certs?x=1#y",
  "http://my-team.cloudflareaccess.com",
])("%j is the team my-team", (typed) => {
  expect(accessTeam(typed)).toEqual({
    issuer: "https://my-team.cloudflareaccess.com",
    keysUrl: "https://my-team.cloudflareaccess.com/cdn-cgi/access/certs",
    named: false,
  });
});

test.each(["http://127.0.0.1:9000", "http://127.0.0.1:9000/", "http://[::1]:9000", "http://localhost:9000"])(
  "%s is an address of this machine, and says so",
  (typed) => {
    expect(accessTeam(typed)).toMatchObject({ issuer: typed.replace(/\/$/, ""), named: true });
  },
);

test.each([
  "",
  " ",
  "my team",
  "-team",
  "https://example.com",
  "my-team.example.com",
  "https://my-team.cloudflareaccess.com.example.com",
  "https://evil.com/my-team.cloudflareaccess.com",
  "https://user:secret@my-team.cloudflareaccess.com",
  "https://my-team.cloudflareaccess.com:8443",
  "a.b.cloudflareaccess.com",
  ".cloudflareaccess.com",
  "cloudflareaccess.com",
  "http://10.0.0.1:9000",
  "http://192.168.1.2",
  "127.0.0.1:9000",
  "https://127.0.0.1:9000",
  "ftp://my-team.cloudflareaccess.com",
])("%j is no team", (typed) => {
  expect(accessTeam(typed)).toBeUndefined();
});
