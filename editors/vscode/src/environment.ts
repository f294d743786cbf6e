// The environment that the extension makes for the server where no interpreter has one.
//
// LibCST and msgspec are compiled, so the server cannot be a folder of Python files that runs on every machine. The extension carries the wheel of nnx-lint; what that
// depends on comes from the wheels beside it (`node package.mjs --platform`), else from the package index that pip is set up with.

import * as fs from "node:fs/promises";
import * as path from "node:path";

import { type Interpreter, output, probed } from "./interpreter";

/** What the extension carries. */
export interface Carried {
  /** The folder of wheels. */
  readonly folder: string;
  /** The version of nnx-lint in it. */
  readonly version: string;
  /** The Pythons, such as `cp312`, for which all that it depends on lies beside it, so that nothing is downloaded. */
  readonly complete: ReadonlySet<string>;
}

/** The wheels in a folder, or `undefined` if nnx-lint is not among them. */
export async function carried(folder: string): Promise<Carried | undefined> {
  const names = await fs.readdir(folder).catch(() => []);
  const version = names.map((name) => /^nnx_lint-([^-]+)-/.exec(name)?.[1]).find((found) => found !== undefined);
  const complete = new Set(names.map((name) => /^libcst-[^-]+-(cp\d+)-/.exec(name)?.[1]).filter((tag) => tag !== undefined));
  return version === undefined ? undefined : { folder, version, complete };
}

/** Whether an environment for a Python can be made without a download. */
export function isComplete(python: Interpreter, wheels: Carried): boolean {
  return wheels.complete.has(`cp${python.version[0]}${python.version[1]}`);
}

/** Where the environment for a Python belongs: one for each version of the server and of Python. */
export function place(storage: string, python: Interpreter, wheels: Carried): string {
  return path.join(storage, "environments", `nnx-lint-${wheels.version}-python-${python.version[0]}.${python.version[1]}`);
}

/** The Python of an environment that was made before and still works. */
export async function existing(folder: string, cwd: string): Promise<Interpreter | undefined> {
  const file = executable(folder);
  const found = (await exists(file)) ? await probed(file, "the path", cwd) : undefined;
  return found?.server === undefined ? undefined : found;
}

/** Make the environment. Rejects with what pip says; nothing is left of one that failed. */
export async function made(folder: string, python: Interpreter, wheels: Carried, cwd: string): Promise<Interpreter> {
  await fs.rm(folder, { recursive: true, force: true });
  await fs.mkdir(path.dirname(folder), { recursive: true });
  try {
    await output(python.file, ["-m", "venv", folder], cwd);
    const index = isComplete(python, wheels) ? ["--no-index"] : [];
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", ...index, "--find-links", wheels.folder];
    await output(executable(folder), [...pip, `nnx-lint==${wheels.version}`], cwd);
    const found = await existing(folder, cwd);
    if (found === undefined) {
      throw new Error(`${folder}: pip installed nnx-lint, but Python does not find it`);
    }
    return found;
  } catch (error) {
    await fs.rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function executable(folder: string): string {
  return process.platform === "win32" ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
