/** Where this assistant's snapshots lie and with which key they are sealed. Settings and secrets are read at every use. */

import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { snapshotsSection } from "../config/sections/snapshots.ts";
import type { Egress } from "../platform/egress.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Head } from "./manifest.ts";
import { createSeal, deriveKey, type Seal, type SealKey } from "./seal.ts";
import { below, type SnapshotStore } from "./store.ts";
import { createBindingStore } from "./store-bindings.ts";
import { createS3Store, type S3Settings } from "./store-s3.ts";

export type SnapshotSettings = z.infer<typeof snapshotsSection.schema>;

export const s3KeyNames = { accessKeyId: "snapshots.s3.id", secretAccessKey: "snapshots.s3.key" } as const;
/** JSON list of every key that was ever set here, the present one first; an empty list or none: not encrypted. */
const sealKeysName = "snapshots.seal";
/** Keys kept, so that older snapshots stay readable. Far below a secret's largest size. */
const keptKeys = 20;

export interface DestinationDeps {
  settings(): SnapshotSettings;
  secrets: Secrets;
  egress: Egress;
  /** The host's own place: a bucket or a folder, and the prefix inside it. */
  own: { binding: R2Bucket | Fetcher; prefix: string } | undefined;
}

export interface Destination {
  /** Throws SNAPSHOT_STORE_REFUSED when its keys are missing. */
  store(signal?: AbortSignal): SnapshotStore;
  /** Another bucket, tried with a real write, read and delete. Throws SNAPSHOT_STORE, SNAPSHOT_STORE_REFUSED. */
  probe(s3: S3Settings, prefix: string): Promise<void>;
  isEncrypted(): boolean;
  /** For what is written now. */
  seal(): Seal;
  /** For a snapshot that exists. Throws SNAPSHOT_PASSPHRASE when its key is not known here. */
  sealFor(head: Pick<Head, "encryption">): Promise<Seal>;
  /** null: what is written from now on is not encrypted. */
  setPassphrase(passphrase: string | null): Promise<void>;
  /** Learns the key of a snapshot from elsewhere. Throws SNAPSHOT_PASSPHRASE when the passphrase does not fit `proof`. */
  learn(passphrase: string, head: Pick<Head, "encryption">, proof: (seal: Seal) => Promise<unknown>): Promise<void>;
}

const keptKeysSchema = z.object({
  inUse: z.boolean(),
  keys: z.array(
    z.object({
      derivation: z.object({ kdf: z.literal("PBKDF2-SHA256"), iterations: z.number(), rounds: z.number(), salt: z.string() }),
      key: z.string(),
    }),
  ),
});
type KeptKeys = z.infer<typeof keptKeysSchema>;

/** undefined: what is kept cannot be read. */
function keptKeysFrom(text: string | undefined): KeptKeys | undefined {
  if (text === undefined) return { inUse: false, keys: [] };
  try {
    return keptKeysSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function createDestination({ settings, secrets, egress, own }: DestinationDeps): Destination {
  const found = () => keptKeysFrom(secrets.get(sealKeysName));
  /** Nothing is written unencrypted because its key cannot be read. */
  const kept = (): KeptKeys => {
    const keys = found();
    if (keys) return keys;
    throw new MoltError("SNAPSHOT_PASSPHRASE", {
      message: "the key of the snapshots' passphrase cannot be read any more",
      hint: "Set the passphrase again under Admin, Storage and snapshots.",
    });
  };
  /** For setting it anew: older snapshots are then opened by their passphrase. */
  const keptOrNone = (): KeptKeys => found() ?? { inUse: true, keys: [] };
  const keep = (next: KeptKeys) =>
    secrets.set(sealKeysName, JSON.stringify({ ...next, keys: next.keys.slice(0, keptKeys) }), "typed");
  const present = () => {
    const { inUse, keys } = kept();
    return inUse ? keys[0] : undefined;
  };

  return {
    store(signal) {
      const { s3 } = settings();
      if (s3) {
        const [accessKeyId, secretAccessKey] = [secrets.get(s3KeyNames.accessKeyId), secrets.get(s3KeyNames.secretAccessKey)];
        if (!accessKeyId || !secretAccessKey)
          throw new MoltError("SNAPSHOT_STORE_REFUSED", { message: `the bucket ${s3.bucket} has no keys here` });
        return below(createS3Store({ ...s3, accessKeyId, secretAccessKey }, egress, signal), s3.prefix);
      }
      if (!own)
        throw new MoltError("SNAPSHOT_STORE_REFUSED", {
          message: "this assistant has no place for snapshots",
          hint: "Bind an R2 bucket as SNAPSHOTS or BLOBS, or name a bucket under Settings, Snapshots.",
        });
      return below(createBindingStore(own.binding), own.prefix);
    },
    async probe(s3, prefix) {
      const store = below(createS3Store(s3, egress), prefix);
      const name = `probes/${crypto.randomUUID()}`;
      const sent = crypto.getRandomValues(new Uint8Array(64));
      await store.put(name, sent);
      const read = await store.get(name);
      await store.delete(name);
      if (read?.length !== sent.length || read.some((byte, at) => byte !== sent[at]))
        throw new MoltError("SNAPSHOT_STORE_REFUSED", { message: `${store.place} does not give back what was written` });
    },
    isEncrypted: () => keptOrNone().inUse,
    seal: () => createSeal(present()),
    async sealFor({ encryption }) {
      if (!encryption) return createSeal(undefined);
      const known = kept().keys.find(({ derivation }) => derivation.salt === encryption.salt);
      if (!known)
        throw new MoltError("SNAPSHOT_PASSPHRASE", {
          message: "the snapshot is encrypted with a passphrase that is not known here",
        });
      return createSeal(known);
    },
    async setPassphrase(passphrase) {
      const { keys } = keptOrNone();
      if (passphrase === null) return keep({ inUse: false, keys });
      if (passphrase.length < 8)
        throw new MoltError("CONFIG_INVALID", {
          message: "passphrase: it has fewer than 8 characters",
          hint: "Choose a longer one.",
        });
      // The same passphrase again keeps its key, so that nothing needs to be written anew.
      for (const known of keys) {
        const again = await deriveKey(passphrase, known.derivation);
        if (again.key === known.key) return keep({ inUse: true, keys: [known, ...keys.filter((key) => key !== known)] });
      }
      keep({ inUse: true, keys: [await deriveKey(passphrase), ...keys] });
    },
    async learn(passphrase, { encryption }, proof) {
      if (!encryption) return;
      const key = await deriveKey(passphrase, encryption);
      await proof(createSeal(key));
      const { inUse, keys } = keptOrNone();
      if (keys.some(({ derivation }) => derivation.salt === encryption.salt)) return;
      keep({ inUse, keys: inUse ? [keys[0] as SealKey, key, ...keys.slice(1)] : [key, ...keys] });
    },
  };
}
