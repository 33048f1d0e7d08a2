/**
 * Content codings of whole bodies. The platform decodes what it asked a provider for, and gzip as a stream; Brotli and
 * Zstandard of callers, and a Zstandard answer that nobody asked for, are decoded here.
 */

import { MoltError } from "@moltworker/protocol/errors";

type Decode = (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
  done: (error: (Error & { code?: string }) | null, plain: Uint8Array) => void,
) => void;

interface Zlib {
  brotliDecompress: Decode;
  zstdDecompress: Decode;
}

// The name is not followed by TypeScript: Node's types and the Worker's do not live in one program.
const zlibModule: string = "node:zlib";
const decoders = { br: "brotliDecompress", zstd: "zstdDecompress" } as const;

export type WholeCoding = keyof typeof decoders;
export const isWholeCoding = (coding: string): coding is WholeCoding => Object.hasOwn(decoders, coding);

/** Throws PAYLOAD_TOO_LARGE, INVALID_REQUEST for bytes that are not in that coding. */
export async function decodeWhole(bytes: Uint8Array, coding: WholeCoding, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = (await import(zlibModule)) as unknown as Zlib;
  return new Promise((resolve, reject) => {
    zlib[decoders[coding]](bytes, { maxOutputLength: maxBytes }, (error, plain) => {
      if (!error) return resolve(new Uint8Array(plain));
      if (error.code === "ERR_BUFFER_TOO_LARGE")
        return reject(new MoltError("PAYLOAD_TOO_LARGE", { message: `the body may have at most ${maxBytes} bytes` }));
      reject(
        new MoltError("INVALID_REQUEST", { message: `the body is not in the coding "${coding}" that it names`, cause: error }),
      );
    });
  });
}
