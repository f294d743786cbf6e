import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { chosen, NoServer } from "../src/choice";
import { expanded } from "../src/interpreter";
import { executableOf } from "../src/launch";
import { table } from "../src/settings";
import { inForce, inFront } from "../src/status";
import { given, reset, workspace } from "./vscode";

let place: string;
let before: string | undefined;

beforeEach(() => {
  reset();
  place = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "nnx-lint-unit-")));
  before = process.env["PATH"];
  process.env["PATH"] = path.join(place, "bin");
});

afterEach(() => {
  process.env["PATH"] = before;
  fs.rmSync(place, { recursive: true, force: true });
});

/** A program that answers as a Python would, and writes down that it was started. */
function python(file: string, version = "3.12.1", server?: string): string {
  const full = path.join(place, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  const said = { file: full, version: version.split(".").map(Number), prefix: path.dirname(path.dirname(full)), server: server ?? null };
  fs.writeFileSync(full, `#!/bin/sh\necho "$0" >> ${path.join(place, "started")}\necho '${JSON.stringify(said)}'\n`, { mode: 0o755 });
  return full;
}

function started(): string[] {
  const log = path.join(place, "started");
  return fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : [];
}

function wheels(...names: string[]): string {
  const folder = path.join(place, "wheels");
  fs.mkdirSync(folder);
  for (const name of names) {
    fs.writeFileSync(path.join(folder, name), "");
  }
  return folder;
}

function choose(carried = path.join(place, "none")) {
  return chosen(workspace.workspaceFolders[0] as never, { wheels: carried, storage: path.join(place, "storage"), cwd: place });
}

const WHEEL = "nnx_lint-0.1.0-py3-none-any.whl";

test("the setting comes first, and its own server is used", async () => {
  given.settings["interpreter"] = python("env/bin/python", "3.12.1", "0.1.0");
  python("bin/python3", "3.12.1", "0.1.0");
  const { server, isOwn } = await choose();
  assert.equal(server.file, given.settings["interpreter"]);
  assert.equal(server.source, "the setting nnx-lint.interpreter");
  assert.equal(isOwn, false);
  assert.deepEqual(started(), [server.file]);
});

test("then the interpreter that is selected in the Python extension", async () => {
  const file = python("selected/bin/python", "3.11.4", "0.1.0");
  python("bin/python3", "3.12.1", "0.1.0");
  given.extension = {
    isActive: true,
    exports: {
      ready: Promise.resolve(),
      environments: {
        getActiveEnvironmentPath: () => ({ path: file }),
        resolveEnvironment: async () => ({ executable: { uri: { fsPath: file } } }),
      },
    },
  };
  assert.equal((await choose()).server.file, file);
});

test("a Python extension that does not start is no obstacle", async () => {
  const file = python("bin/python3", "3.12.1", "0.1.0");
  given.extension = { isActive: false, activate: () => Promise.reject(new Error("broken")) };
  assert.equal((await choose()).server.file, file);
});

test("without a Python it says what was tried", async () => {
  given.settings["interpreter"] = path.join(place, "nowhere/python");
  await assert.rejects(choose(), (error: Error) => error instanceof NoServer && error.message.includes("nowhere/python") && error.message.includes("nnx-lint.interpreter"));
});

test("while the workspace is not trusted, no interpreter inside of it is started", async () => {
  given.isTrusted = false;
  given.folders = [path.join(place, "project")];
  python("project/.venv/bin/python3", "3.12.1", "0.1.0");
  const outside = python("bin/python3", "3.12.1", "0.1.0");
  process.env["PATH"] = [path.join(place, "project/.venv/bin"), path.join(place, "bin")].join(path.delimiter);
  assert.equal((await choose()).server.file, outside);
  assert.deepEqual(started(), [outside]);
  given.isTrusted = true;
  assert.equal((await choose()).server.file, path.join(place, "project/.venv/bin/python3"));
});

test("nor one that a link outside leads to", async () => {
  given.isTrusted = false;
  given.folders = [path.join(place, "project")];
  const inside = python("project/python", "3.12.1", "0.1.0");
  fs.mkdirSync(path.join(place, "bin"));
  fs.symlinkSync(inside, path.join(place, "bin/python3"));
  await assert.rejects(choose(), /not trusted/);
  assert.deepEqual(started(), []);
});

test("nor one on a relative entry of the path", async () => {
  python("bin/python3", "3.12.1", "0.1.0");
  process.env["PATH"] = "bin";
  await assert.rejects(choose(), NoServer);
  assert.deepEqual(started(), []);
});

test("a Python without nnx-lint: it asks, and takes no for an answer", async () => {
  const file = python("bin/python3");
  await assert.rejects(choose(wheels(WHEEL)), (error: Error) => error instanceof NoServer && error.isQuiet);
  assert.equal(given.questions.length, 1);
  assert.match(given.questions[0] ?? "", new RegExp(`not installed in ${file}`));
});

test("`never` does not ask", async () => {
  python("bin/python3");
  given.settings["environment"] = "never";
  await assert.rejects(choose(wheels(WHEEL)), (error: Error) => error instanceof NoServer && !error.isQuiet && error.message.includes("pip install nnx-lint"));
  assert.equal(given.questions.length, 0);
});

test("what pip says of a failure is said, and nothing is left of it", async () => {
  const file = python("bin/python3");
  const answer = fs.readFileSync(file, "utf8");
  fs.writeFileSync(file, answer.replace("echo '", `if [ "$2" = venv ]; then echo "there is no ensurepip"; exit 1; fi\necho '`), { mode: 0o755 });
  given.answer = "Install";
  await assert.rejects(choose(wheels(WHEEL)), /there is no ensurepip/);
  assert.deepEqual(fs.readdirSync(path.join(place, "storage/environments")), []);
});

test("a package with the wheels of this Python does not ask", async () => {
  python("bin/python3");
  await assert.rejects(choose(wheels(WHEEL, "libcst-1.8.6-cp312-cp312-linux.whl")), /could not be installed/);
  assert.equal(given.questions.length, 0);
});

test("a Python that is too old lends the project, another the server", async () => {
  const old = python("bin/python3", "3.10.4");
  const fresh = python("bin/python3.12", "3.12.1");
  given.answer = "Install";
  // The second Python makes the environment: it is started with `-m venv`, which this one does not do.
  await assert.rejects(choose(wheels(WHEEL)), /could not be installed/);
  assert.match(given.questions[0] ?? "", new RegExp(old));
  assert.equal(started().filter((each) => each === fresh).length >= 2, true);
});

test("only an old Python: it says which is needed", async () => {
  python("bin/python3", "3.10.4");
  await assert.rejects(choose(wheels(WHEEL)), /is Python 3\.10\.4; the server needs Python 3\.11 or newer/);
});

test("the server is started outside of the workspace, with nothing of the folder importable, for the project's environment", async () => {
  given.folders = [path.join(place, "project")];
  given.settings["interpreter"] = python("env/bin/python", "3.12.1", "0.1.0");
  const launch = executableOf(await choose(), place);
  assert.deepEqual(launch.args, ["-P", "-m", "nnx_lsp.server.main"]);
  assert.equal(launch.cwd, place);
  assert.equal(launch.env["VIRTUAL_ENV"], path.join(place, "env"));
  given.folders.push(path.join(place, "other"));
  assert.equal(executableOf(await choose(), place).env["VIRTUAL_ENV"], undefined);
});

test("paths of the setting", () => {
  const folder = { uri: { fsPath: "/project" }, name: "project", index: 0 } as never;
  assert.equal(expanded("${workspaceFolder}/.venv/bin/python", folder), "/project/.venv/bin/python");
  assert.equal(expanded("~/env/bin/python", folder), path.join(os.homedir(), "env/bin/python"));
  assert.equal(expanded(".venv/bin/python", folder), "/project/.venv/bin/python");
  assert.equal(expanded("python3.12", folder), "python3.12");
});

test("settings that nobody set are not sent, nor those of the editor alone", () => {
  given.settings = { ignore: ["NNX101"], "flax-version": "", interpreter: "python" };
  assert.deepEqual(table(undefined), { ignore: ["NNX101"] });
});

test("the Flax version in force is that of the nearest folder", () => {
  const flax = [
    { folder: "/p", version: "0.12.8", source: "a" },
    { folder: "/p/old", version: "0.10.7", source: "b" },
  ];
  assert.equal(inForce({ flax }, "/p/old/x.py")?.version, "0.10.7");
  assert.equal(inForce({ flax }, "/p/older/x.py")?.version, "0.12.8");
  assert.equal(inForce({ flax }, "/q/x.py"), undefined);
});

test("a notebook is in front though no cell of code is selected, a page of settings never is", () => {
  const editor = (fsPath: string, scheme: string, languageId: string) => ({ document: { uri: { fsPath, scheme }, languageId } });
  assert.equal(inFront(), undefined);
  given.editor = editor("/p/settings.json", "file", "jsonc");
  assert.equal(inFront(), undefined);
  given.editor = editor("/p/x.py", "file", "python");
  assert.equal(inFront(), "/p/x.py");
  given.editor = undefined;
  given.notebook = { notebook: { uri: { fsPath: "/p/x.ipynb" } } };
  assert.equal(inFront(), "/p/x.ipynb");
});
