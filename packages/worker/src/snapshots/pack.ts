/** gzip, as every program reads it. Speed counts: text is packed lightly, and what does not pack (pictures, archives) is only wrapped. */

import { MoltError } from "@moltworker/protocol/errors";

/** The lightest level takes a ninth of the usual one's time, and a tenth more room for prose. */
const level = 1;
const [sampleBytes, samples] = [2_048, 3];
/** A sample that keeps more than this share of its size is not worth the work. */
const packsTo = 0.95;
/** Far beyond the largest chunk, and all that workerd allows; what unpacks to more is damaged. */
const mostBytes = 128 * 1_048_576;

/** Loaded at the first use: a start does not wait for it. */
const zlib = () => import("node:zlib");

export async function pack(bytes: Uint8Array): Promise<Uint8Array> {
  const { gzipSync } = await zlib();
  return plain(gzipSync(bytes, { level: isPackable(bytes, gzipSync) ? level : 0 }));
}

/** Throws SNAPSHOT_DAMAGED. */
export async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  const { gunzipSync } = await zlib();
  try {
    return plain(gunzipSync(bytes, { maxOutputLength: mostBytes }));
  } catch (error) {
    throw new MoltError("SNAPSHOT_DAMAGED", { message: "a chunk of the snapshot cannot be unpacked", cause: error });
  }
}

/** Node's buffers share memory when they are sliced; ours are copied. */
const plain = ({ buffer, byteOffset, length }: Uint8Array) => new Uint8Array(buffer, byteOffset, length);

type Gzip = (bytes: Uint8Array, options: { level: number }) => Uint8Array;

function isPackable(bytes: Uint8Array, gzipSync: Gzip): boolean {
  if (bytes.length <= sampleBytes * samples) return true;
  const sample = new Uint8Array(sampleBytes * samples);
  const step = Math.floor((bytes.length - sampleBytes) / (samples - 1));
  for (let at = 0; at < samples; at += 1) sample.set(bytes.subarray(at * step, at * step + sampleBytes), at * sampleBytes);
  return gzipSync(sample, { level }).length < sample.length * packsTo;
}
