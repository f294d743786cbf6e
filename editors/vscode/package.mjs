// Packages the extension: `node package.mjs [--platform] [--out FILE]`.
//
// It carries the wheel of nnx-lint, built from this tree. With --platform it carries the wheels of all that nnx-lint depends on too, for this machine's kind and the
// Pythons below: such a package installs its server without a network.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";

const PYTHONS = ["3.11", "3.12", "3.13"];
const isForPlatform = process.argv.includes("--platform");
const target = isForPlatform ? [`--target`, `${process.platform}-${process.arch}`] : [];
const at = process.argv.indexOf("--out");
const out = at < 0 ? [] : ["--out", process.argv[at + 1]];
const python = process.env.PYTHON ?? "python3";
const run = (file, ...given) => execFileSync(file, given, { stdio: ["ignore", "inherit", "inherit"] });

rmSync("wheels", { recursive: true, force: true });
mkdirSync("wheels");
run(python, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--wheel-dir", "wheels", "../..");
if (isForPlatform) {
  const [server] = readdirSync("wheels");
  for (const version of PYTHONS) {
    const given = ["--quiet", "--only-binary=:all:", "--python-version", version, "--find-links", "wheels", "--dest", "wheels", `wheels/${server}`];
    run(python, "-m", "pip", "--disable-pip-version-check", "download", ...given);
  }
}
copyFileSync("../../LICENSE", "LICENSE");
run(process.execPath, "build.mjs");
run("npx", "vsce", "package", "--no-dependencies", "--allow-missing-repository", ...target, ...out);
