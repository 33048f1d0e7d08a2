/**
 * Chunks at rest: gzip, then, when the owner gave a passphrase, AES-256-GCM. The format is meant to be opened without this
 * product (docs/snapshots.md): twelve bytes of nonce, the ciphertext, and the tag at its end.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { joined } from "@moltworker/protocol/tar";
import { hexFromBytes, sha256Hex } from "../platform/sha256.ts";
import { pack, unpack } from "./pack.ts";

/** How the key comes from the passphrase: PBKDF2-HMAC-SHA-256, `rounds` times, each on the 32 bytes of the one before. */
export interface Derivation {
  kdf: "PBKDF2-SHA256";
  /** Of each round; Cloudflare allows no more than this. */
  iterations: number;
  rounds: number;
  /** Hexadecimal. */
  salt: string;
}

/** What the object keeps of the passphrase, in its secrets. */
export interface SealKey {
  derivation: Derivation;
  /** Hexadecimal, 32 bytes. */
  key: string;
}

export interface Seal {
  derivation: Derivation | undefined;
  /** Name in the store of the bytes with this SHA-256. Without the key nobody can tell from it what is inside. */
  nameOf(sha256: string): Promise<string>;
  close(bytes: Uint8Array, compress?: boolean): Promise<Uint8Array>;
  /** Throws SNAPSHOT_PASSPHRASE when the key does not fit or the bytes were changed, SNAPSHOT_DAMAGED. */
  open(bytes: Uint8Array, compressed?: boolean): Promise<Uint8Array>;
}

const NONCE_BYTES = 12;
const usual = { kdf: "PBKDF2-SHA256", iterations: 100_000, rounds: 6 } as const;

export async function deriveKey(passphrase: string, derivation?: Derivation): Promise<SealKey> {
  const how = derivation ?? { ...usual, salt: hexFromBytes(crypto.getRandomValues(new Uint8Array(16))) };
  if (how.kdf !== usual.kdf || how.iterations > 1_000_000 || how.rounds > 100)
    throw new MoltError("SNAPSHOT_DAMAGED", { message: "the snapshot names a way to its key that is not known here" });
  let bytes = new TextEncoder().encode(passphrase.normalize("NFKC")) as Uint8Array<ArrayBuffer>;
  for (let round = 0; round < how.rounds; round += 1) {
    const base = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
    const params = { name: "PBKDF2", hash: "SHA-256", salt: bytesFromHex(how.salt), iterations: how.iterations };
    bytes = new Uint8Array(await crypto.subtle.deriveBits(params, base, 256));
  }
  return { derivation: how, key: hexFromBytes(bytes) };
}

export function createSeal(sealKey: SealKey | undefined): Seal {
  const keys = sealKey && importKeys(sealKey.key);
  return {
    derivation: sealKey?.derivation,
    nameOf: async (sha256) => {
      if (!keys) return sha256;
      const mark = await crypto.subtle.sign("HMAC", (await keys).mac, bytesFromHex(sha256));
      return hexFromBytes(new Uint8Array(mark));
    },
    close: async (bytes, compress = true) => {
      const packed = compress ? await pack(bytes) : bytes;
      if (!keys) return packed;
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const cipher = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv: nonce },
        (await keys).cipher,
        packed as Uint8Array<ArrayBuffer>,
      );
      return joined([nonce, new Uint8Array(cipher)]);
    },
    open: async (bytes, compressed = true) => {
      const packed = keys ? await decrypt(bytes, (await keys).cipher) : bytes;
      return compressed ? await unpack(packed) : packed;
    },
  };
}

async function importKeys(hex: string) {
  const raw = bytesFromHex(hex);
  // Two keys from one: the cipher's is the key itself, the names' is its digest.
  const mac = bytesFromHex(await sha256Hex(raw));
  return {
    cipher: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]),
    mac: await crypto.subtle.importKey("raw", mac, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
  };
}

async function decrypt(bytes: Uint8Array, key: CryptoKey): Promise<Uint8Array> {
  const whole = bytes as Uint8Array<ArrayBuffer>;
  try {
    const iv = whole.slice(0, NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, whole.slice(NONCE_BYTES)));
  } catch (error) {
    throw new MoltError("SNAPSHOT_PASSPHRASE", { cause: error });
  }
}

function bytesFromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})+$/.test(hex))
    throw new MoltError("SNAPSHOT_DAMAGED", { message: "the snapshot's salt is not hexadecimal" });
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
