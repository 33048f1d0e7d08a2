/** R2-shaped blobs: large bytes by opaque id. (Contract; the disk and R2 implementations follow in this file.) */

export interface Blob {
  sizeBytes: number;
  mimeType: string;
  body: ReadableStream<Uint8Array>;
}

export interface Blobs {
  /** Durable when it resolves. Overwrites. */
  put(id: string, bytes: Uint8Array, mimeType: string): Promise<void>;
  get(id: string): Promise<Blob | undefined>;
  /** Whole content, for compiling a model request; undefined when gone. */
  bytes(id: string): Promise<Uint8Array | undefined>;
  delete(id: string): Promise<void>;
}
