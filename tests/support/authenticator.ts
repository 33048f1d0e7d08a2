/** A passkey made in software: ES256, answers as an authenticator and its browser do, and can be told to answer wrongly. */

import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";

export interface Answering {
  rpId: string;
  origin: string;
  challenge: string;
  /** Default: presence and verification of the person. */
  flags?: number;
  counter?: number;
  type?: string;
  userHandle?: string;
  /** Changes the signed bytes after signing. */
  tamper?: boolean;
}

export interface SoftAuthenticator {
  id: string;
  create(about: Answering): Record<string, unknown>;
  get(about: Answering): Record<string, unknown>;
}

const base64url = (bytes: Buffer) => bytes.toString("base64url");
const UP_UV = 0x05;
const ATTESTED = 0x40;

export function createAuthenticator(): SoftAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rawId = randomBytes(32);
  const id = base64url(rawId);
  return {
    id,
    create: (about) => {
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, rawId.length]), rawId, coseKey(publicKey)]);
      const data = Buffer.concat([authenticatorData(about, (about.flags ?? UP_UV) | ATTESTED), attested]);
      const object = Buffer.concat([
        Buffer.from([0xa3]),
        cborText("fmt"),
        cborText("none"),
        cborText("attStmt"),
        Buffer.from([0xa0]),
        cborText("authData"),
        cborBytes(data),
      ]);
      return frame(id, { clientDataJSON: clientData("webauthn.create", about), attestationObject: base64url(object) });
    },
    get: (about) => {
      const data = authenticatorData(about, about.flags ?? UP_UV);
      const client = clientData("webauthn.get", about);
      const hash = createHash("sha256").update(Buffer.from(client, "base64url")).digest();
      const signature = createSign("sha256")
        .update(Buffer.concat([data, hash]))
        .sign(privateKey);
      if (about.tamper) data.writeUInt8(data.readUInt8(32) ^ 0x80, 32);
      return frame(id, {
        clientDataJSON: client,
        authenticatorData: base64url(data),
        signature: base64url(signature),
        ...(about.userHandle === undefined ? {} : { userHandle: about.userHandle }),
      });
    },
  };
}

function frame(id: string, response: Record<string, unknown>): Record<string, unknown> {
  return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
}

function clientData(type: string, { type: said, challenge, origin }: Answering): string {
  return base64url(Buffer.from(JSON.stringify({ type: said ?? type, challenge, origin, crossOrigin: false })));
}

function authenticatorData({ rpId, counter = 0 }: Answering, flags: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), Buffer.from([flags]), count]);
}

/** {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} */
function coseKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const point = (text: string) => cborBytes(Buffer.from(text, "base64url"));
  return Buffer.concat([Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]), point(x), Buffer.from([0x22]), point(y)]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | text.length]), Buffer.from(text)]);
}

function cborBytes(bytes: Buffer): Buffer {
  const head =
    bytes.length < 256 ? Buffer.from([0x58, bytes.length]) : Buffer.from([0x59, bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([head, bytes]);
}
