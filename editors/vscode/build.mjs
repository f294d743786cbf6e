// Bundles the extension into dist/, and with --tests the tests into out/test/, where `vscode` is a stub.
import { rm } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { build } from "esbuild";

const common = { bundle: true, platform: "node", format: "cjs", target: "node20", sourcemap: false, logLevel: "warning" };

await rm("dist", { recursive: true, force: true });
await build({ ...common, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", external: ["vscode"], minify: true });

if (process.argv.includes("--tests")) {
  await rm("out", { recursive: true, force: true });
  const entryPoints = readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({ ...common, entryPoints, outdir: "out/test", alias: { vscode: "./test/vscode.ts" } });
}
