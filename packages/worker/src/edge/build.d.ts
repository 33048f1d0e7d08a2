/** Which build this is. The build puts this module beside the bundled Worker, with a digest of everything else in it. */

declare module "moltworker:build" {
  const build: { id: string; version: string; builtAt: string };
  // biome-ignore lint/style/noDefaultExport: the build writes the facts as the module's one value
  export default build;
}
