/** The little of Node's zlib that the Worker uses; workerd has it built in. */
declare module "node:zlib" {
  export function gzipSync(bytes: Uint8Array, options?: { level?: number }): Uint8Array;
  export function gunzipSync(bytes: Uint8Array, options?: { maxOutputLength?: number }): Uint8Array;
}
