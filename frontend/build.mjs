// Makes sparql-editor.js and its licence file, byte for byte the same on every machine: `npm ci && npm run build`.
// An argument names another folder to write to (verify.sh compares that with what is committed).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, "../kggraph/web/static"));

/** CodeMirror's `style-mod` is ours; ours builds on the original. */
const styleMod = {
  name: "style-mod",
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^style-mod$/ }, ({ pluginData }) => (pluginData === "original" ? null : { path: join(here, "src/style-mod.js") }));
    onResolve({ filter: /^style-mod\/original$/ }, ({ resolveDir, kind }) => find("style-mod", { resolveDir, kind, pluginData: "original" }));
  },
};

/** Hash of what the bundle is made of; a test compares it with the committed bundle, where there is no node. */
function sourcesHash() {
  const hash = createHash("sha256");
  const files = ["build.mjs", "package-lock.json", ...readdirSync(join(here, "src")).sort().map((name) => `src/${name}`)];
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(here, file))).update("\0");
  return hash.digest("hex");
}

const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome99", "firefox101", "safari16.4"],
  charset: "ascii",
  legalComments: "none",
  banner: { js: `/* kggraph SPARQL editor, MIT; holds CodeMirror, MIT: sparql-editor.licences.txt. sources ${sourcesHash()} */` },
  plugins: [styleMod],
  metafile: true,
  write: false,
  logLevel: "warning",
});
writeFileSync(join(target, "sparql-editor.js"), result.outputFiles[0].contents);

/** The licence of each package that is in the bundle. */
const packages = new Set(
  Object.keys(result.metafile.inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean),
);
const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (license !== "MIT") throw new Error(`${name} is under ${license}; only MIT is in the bundle`);
  return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
});
writeFileSync(join(target, "sparql-editor.licences.txt"), `sparql-editor.js holds these packages.\n\n${licences.join("\n---\n\n")}`);
