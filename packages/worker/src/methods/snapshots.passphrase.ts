import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Encrypts snapshots from now on, or no longer. The passphrase is not kept. */
export const snapshotsPassphrase = defineMethod<"snapshots.passphrase">({
  name: "snapshots.passphrase",
  scope: "operator.admin",
  audit: ({ passphrase }) => (passphrase === null ? "no longer encrypted" : "encrypted"),
  params: () => z.strictObject({ passphrase: z.string().max(1_000).nullable() }),
  async handle({ passphrase }, { snapshots }) {
    return { ok: true, encrypted: await snapshots.setPassphrase(passphrase) };
  },
});
