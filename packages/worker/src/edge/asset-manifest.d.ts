/** What the UI build produced, by URL path (`/index.html`). The build puts this module beside the bundled Worker. */

declare module "moltworker:assets" {
  const manifest: Record<string, { contentType: string; etag: string; sizeBytes: number; immutable: boolean }>;
  // biome-ignore lint/style/noDefaultExport: the build writes the list as the module's one value
  export default manifest;
}
