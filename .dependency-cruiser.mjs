/**
 * Who may import whom. Inside the Worker imports point downward only; a leaf never imports a sibling leaf; `agent/` is
 * pure; packages meet at the protocol alone. Type-only imports count: a type is knowledge of the other side.
 */

const src = "^packages/worker/src";

/**
 * Top to bottom. A folder may import its own layer and every one below. The list of config sections is on config's own
 * layer, since the type of all settings is made from it and it imports nothing but the sections.
 */
const layers = [
  [`${src}/(worker|assistant)\\.ts$`],
  [`${src}/services\\.ts$`, `${src}/services/`],
  [`${src}/catalog/(?!sections)`],
  [`${src}/methods/`, `${src}/tools/`, `${src}/channels/`, `${src}/doctor/checks/`, `${src}/ai-gateway/providers/`],
  [
    `${src}/edge/`,
    `${src}/rpc/`,
    `${src}/ai-gateway/(?!providers/)`,
    `${src}/schedule/`,
    `${src}/delivery/`,
    `${src}/snapshots/`,
    `${src}/import/`,
    `${src}/export/`,
    `${src}/doctor/(?!checks/)`,
  ],
  [`${src}/runs/`],
  [
    `${src}/agent/`,
    `${src}/sessions/`,
    `${src}/auth/`,
    `${src}/memory/`,
    `${src}/skills/`,
    `${src}/config/`,
    `${src}/catalog/sections`,
    `${src}/secrets/`,
  ],
  [`${src}/storage/`, `${src}/containers/`, `${src}/env\\.ts$`],
  [`${src}/platform/`],
];

const downward = layers.slice(1).map((layer, index) => ({
  name: `downward-${index + 1}`,
  comment: "Imports in the Worker point downward only (ARCHITECTURE.md, import rules).",
  severity: "error",
  // A test may look at the whole from anywhere: nobody imports it.
  from: { path: layer, pathNot: "\\.test\\.ts$" },
  to: { path: layers.slice(0, index + 1).flat() },
}));

/** One file is one leaf; a folder named after a leaf belongs to it alone. */
const siblings = ["methods", "tools", "channels", "doctor/checks", "ai-gateway/providers"].map((folder) => ({
  name: `sibling-${folder.replace("/", "-")}`,
  comment: "A leaf never imports a sibling leaf: what two share goes to the layer below.",
  severity: "error",
  from: { path: `${src}/${folder}/([^/]+?)(\\.workerd)?(\\.test)?(\\.ts|/)`, pathNot: "\\.contract\\.(test\\.)?ts$" },
  to: { path: `${src}/${folder}/`, pathNot: `${src}/${folder}/$1(\\.|/)` },
}));

const packages = { protocol: [], worker: ["protocol"], ui: ["protocol"], cli: ["protocol"] };

const borders = Object.entries(packages).map(([name, allowed]) => ({
  name: `package-${name}`,
  comment: "ui, cli and worker know the protocol and not one another; the protocol knows nobody.",
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: { path: "^packages/[^/]+/", pathNot: [`^packages/${name}/`, ...allowed.map((one) => `^packages/${one}/`)] },
}));

export default {
  forbidden: [
    { name: "no-cycle", comment: "No import cycles, types included.", severity: "error", from: {}, to: { circular: true } },
    {
      name: "unresolvable",
      comment: "The import leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(cloudflare|moltworker):" },
    },
    ...[{ path: "^cloudflare:" }, { dependencyTypes: ["core"] }].map((to, index) => ({
      name: `agent-is-pure-${index + 1}`,
      comment: "agent/ runs anywhere: no module of a runtime, neither Cloudflare's nor Node's.",
      severity: "error",
      from: { path: `${src}/agent/`, pathNot: "\\.test\\.ts$" },
      to,
    })),
    {
      name: "no-test-in-product",
      comment: "Production code never imports tests, scripts or benches.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "\\.test\\.tsx?$" },
      to: { path: ["^tests/", "^bench/", "\\.test\\.tsx?$"] },
    },
    ...downward,
    ...siblings,
    ...borders,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.cache)/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js"],
    },
    preserveSymlinks: false,
  },
};
