/** What a person sets about snapshots: the bucket, tried before it is kept, and the passphrase, of which only the key stays. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Params } from "@moltworker/protocol/methods";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { type Destination, s3KeyNames } from "./destination.ts";
import { readHead, readManifest } from "./manifest.ts";

export interface SnapshotAdmin {
  /** Throws CONFIG_INVALID. */
  setPassphrase(passphrase: string | null): Promise<boolean>;
  /** Makes a snapshot from elsewhere readable. Throws SNAPSHOT_PASSPHRASE, NOT_FOUND. */
  unlock(id: string, passphrase: string): Promise<void>;
  /** Throws CONFIG_INVALID, SNAPSHOT_STORE, SNAPSHOT_STORE_REFUSED; then nothing has changed. */
  setDestination(s3: Params<"snapshots.destination">["s3"], changedBy: string): Promise<string>;
}

export function createSnapshotSettings(deps: {
  config: Config<Settings>;
  secrets: Secrets;
  destination: Destination;
}): SnapshotAdmin {
  const { config, secrets, destination } = deps;
  return {
    async setPassphrase(passphrase) {
      await destination.setPassphrase(passphrase);
      return destination.isEncrypted();
    },
    async unlock(id, passphrase) {
      const store = destination.store();
      await destination.learn(passphrase, await readHead(store, id), (seal) => readManifest(store, id, async () => seal));
    },
    async setDestination(s3, changedBy) {
      if (s3 === null) {
        config.patch({ snapshots: { s3: null } }, { changedBy });
        return destination.store().place;
      }
      const { accessKeyId, secretAccessKey, region = "auto", prefix = "moltworker-snapshots/", ...where } = s3;
      const [id, key] = [
        accessKeyId ?? secrets.get(s3KeyNames.accessKeyId),
        secretAccessKey ?? secrets.get(s3KeyNames.secretAccessKey),
      ];
      if (!id || !key)
        throw new MoltError("CONFIG_INVALID", { message: "the bucket's access key and its secret are both needed" });
      await destination.probe({ ...where, region, accessKeyId: id, secretAccessKey: key }, prefix);
      config.patch({ snapshots: { s3: { ...where, region, prefix } } }, { changedBy });
      secrets.set(s3KeyNames.accessKeyId, id, "typed");
      secrets.set(s3KeyNames.secretAccessKey, key, "typed");
      return destination.store().place;
    },
  };
}
