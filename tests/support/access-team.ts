/**
 * A Cloudflare Access team for tests: keys made on the spot, a server that publishes them, and tokens of every kind, good
 * and bad. Signed by Node's own crypto, so that what checks them shares no code with what made them.
 */

import { createHmac, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export const AUDIENCE = "aud-of-the-assistant-0123456789abcdef";
export const OWNER = "owner@example.com";

export interface TeamKey {
  kid: string;
  algorithm: "RS256" | "ES256";
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export function createTeamKey(kid: string, algorithm: TeamKey["algorithm"] = "RS256"): TeamKey {
  const pair =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { kid, algorithm, ...pair };
}

/** The document at `/cdn-cgi/access/certs`. */
export function certsOf(keys: readonly TeamKey[]): { keys: object[] } {
  return {
    keys: keys.map(({ kid, algorithm, publicKey }) => ({
      ...publicKey.export({ format: "jwk" }),
      kid,
      alg: algorithm,
      use: "sig",
    })),
  };
}

export interface TokenParts {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
}

/** A token as Access issues it for an hour from `nowMs`; `parts` change what is signed. */
export function signToken(key: TeamKey, issuer: string, nowMs: number, parts: TokenParts = {}): string {
  const input = tokenInput(
    { alg: key.algorithm, kid: key.kid, typ: "JWT", ...parts.header },
    claimsAt(issuer, nowMs, parts.claims),
  );
  const signature = createSign("SHA256").update(input).sign({ key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

/** `alg: none`, with an empty signature. */
export function unsignedToken(key: TeamKey, issuer: string, nowMs: number): string {
  return `${tokenInput({ alg: "none", kid: key.kid, typ: "JWT" }, claimsAt(issuer, nowMs))}.`;
}

/** HS256 with the team's public key as the secret: what a careless verifier accepts. */
export function confusedToken(key: TeamKey, issuer: string, nowMs: number): string {
  const input = tokenInput({ alg: "HS256", kid: key.kid, typ: "JWT" }, claimsAt(issuer, nowMs));
  const secret = key.publicKey.export({ format: "pem", type: "spki" });
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

/** The same signature under changed claims. */
export function tamperedToken(token: string, claims: Record<string, unknown>): string {
  const [header, payload, signature] = token.split(".");
  const changed = { ...JSON.parse(Buffer.from(payload as string, "base64url").toString()), ...claims };
  return `${header}.${encode(changed)}.${signature}`;
}

export interface TeamServer {
  /** `http://127.0.0.1:<port>`: team domain and issuer at once. */
  issuer: string;
  /** Published from now on. */
  keys: TeamKey[];
  /** How often the keys were asked for. */
  asked: number;
  close(): Promise<void>;
}

export async function startTeamServer(keys: TeamKey[]): Promise<TeamServer> {
  const team: TeamServer = { issuer: "", keys, asked: 0, close: async () => {} };
  const server: Server = createServer((request, response) => {
    if (request.url !== "/cdn-cgi/access/certs") return void response.writeHead(404).end();
    team.asked += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(certsOf(team.keys)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  team.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  team.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return team;
}

function claimsAt(issuer: string, nowMs: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(nowMs / 1_000);
  return {
    aud: [AUDIENCE],
    email: OWNER,
    iss: issuer,
    sub: "user-1",
    type: "app",
    iat: now,
    nbf: now,
    exp: now + 3_600,
    ...change,
  };
}

const tokenInput = (header: object, claims: object) => `${encode(header)}.${encode(claims)}`;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
