/** Builds the Control UI into the command's package, from where it is served: hashed names, no inline script, nothing foreign. */

import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  plugins: [react(), tailwindcss()],
  build: {
    outDir: here("../cli/dist/ui"),
    emptyOutDir: true,
    target: "es2023",
    // These know light-dark(); older ones would get every colour twice.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Data addresses in stylesheets would need a wider policy than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { host: "127.0.0.1", proxy: { "/api": "http://127.0.0.1:8787", "/ws": { target: "ws://127.0.0.1:8787", ws: true } } },
});
