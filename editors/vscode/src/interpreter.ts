// Which Python the project runs with, and what is installed in it.

import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";

/** The oldest Python that the server runs on. */
export const OLDEST: readonly [number, number] = [3, 11];

/** A Python that answered, and the nnx-lint in it. */
export interface Interpreter {
  /** The file that is started. */
  readonly file: string;
  readonly version: readonly [number, number, number];
  /** Its environment: what `$VIRTUAL_ENV` is where it is active. */
  readonly prefix: string;
  /** The version of nnx-lint that is installed in it. */
  readonly server: string | undefined;
  /** Who named it: for the status and for messages. */
  readonly source: Source;
}

export type Source = "the setting nnx-lint.interpreter" | "the Python extension" | "the path";

/** A Python that somebody named, not yet started. */
export interface Candidate {
  readonly file: string;
  readonly source: Source;
}

/** What the API of the Python extension has that is used here. */
interface PythonApi {
  readonly ready: Promise<void>;
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

/** The Pythons that come into question for a folder, best first. */
export async function candidates(folder: vscode.WorkspaceFolder | undefined): Promise<Candidate[]> {
  const set = vscode.workspace.getConfiguration("nnx-lint", folder?.uri).get<string>("interpreter", "").trim();
  if (set) {
    return [{ file: expanded(set, folder), source: "the setting nnx-lint.interpreter" }];
  }
  const found: Candidate[] = [];
  const api = await pythonApi();
  if (api) {
    const active = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath(folder?.uri));
    const file = active?.executable.uri?.fsPath;
    if (file) {
      found.push({ file, source: "the Python extension" });
    }
  }
  const names = process.platform === "win32" ? ["python", "py"] : ["python3", "python"];
  return [...found, ...names.map((file): Candidate => ({ file, source: "the path" }))];
}

/** Call back when another interpreter is selected in the Python extension. */
export async function onSelected(changed: () => void): Promise<vscode.Disposable | undefined> {
  return (await pythonApi())?.environments.onDidChangeActiveEnvironmentPath(changed);
}

/** The files that may be started for a candidate: in a workspace that is not trusted, none that lies inside of it. */
export function allowed(candidate: Candidate): string[] {
  const files = path.isAbsolute(candidate.file) ? [candidate.file] : located(candidate.file);
  return vscode.workspace.isTrusted ? files : files.filter((file) => !isInWorkspace(file));
}

function isInWorkspace(file: string): boolean {
  // Both count: the link (an environment is its links and what lies beside them) and what it leads to.
  const places = [file, real(file)];
  return (vscode.workspace.workspaceFolders ?? []).some((folder) =>
    [folder.uri.fsPath, real(folder.uri.fsPath)].some((root) => places.some((place) => contains(root, place))),
  );
}

/** The path with `~` and `${workspaceFolder}` filled in; a relative one with a folder is the workspace's. */
export function expanded(given: string, folder: vscode.WorkspaceFolder | undefined): string {
  const root = folder?.uri.fsPath;
  const home = given.replace(/^~(?=$|[\\/])/, os.homedir());
  const named = root === undefined ? home : home.replaceAll("${workspaceFolder}", root);
  return /[\\/]/.test(named) && !path.isAbsolute(named) && root !== undefined ? path.join(root, named) : named;
}

const PROBE = `
import importlib.metadata, json, sys
try:
    server = importlib.metadata.version("nnx-lint")
except importlib.metadata.PackageNotFoundError:
    server = None
print(json.dumps({"file": sys.executable, "version": sys.version_info[:3], "prefix": sys.prefix, "server": server}))
`;

/** Start a Python, in a folder that is not the workspace's, and ask it what it is. */
export async function probed(given: string, source: Source, cwd: string): Promise<Interpreter | undefined> {
  const answer = await output(given, ["-c", PROBE], cwd).catch(() => undefined);
  if (answer === undefined) {
    return undefined;
  }
  const { file, version, prefix, server } = JSON.parse(answer) as {
    file: string;
    version: [number, number, number];
    prefix: string;
    server: string | null;
  };
  return { file: file || given, version, prefix, server: server ?? undefined, source };
}

/** Whether the server runs on this Python. */
export function isNewEnough(interpreter: Interpreter): boolean {
  const [major, minor] = interpreter.version;
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** What a program prints. Rejects with what it says of its failure. */
export function output(file: string, given: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, [...given], { cwd, timeout: 600_000, maxBuffer: 1 << 24, windowsHide: true }, (error, stdout, stderr) => {
      if (error) {
        reject(new Error([stdout, stderr].map((text) => text.trim()).filter(Boolean).join("\n") || error.message));
      } else {
        resolve(stdout);
      }
    });
  });
}

async function pythonApi(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (!extension) {
    return undefined;
  }
  try {
    const api = extension.isActive ? extension.exports : await extension.activate();
    await api.ready;
    return api.environments ? api : undefined;
  } catch {
    return undefined; // An extension that does not start names no interpreter.
  }
}

/** Where a bare name lies on the path. Relative entries do not count: they would mean the folder that the editor was started in. */
function located(name: string): string[] {
  const endings = process.platform === "win32" ? [".exe", ".bat", ".cmd"] : [""];
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((entry) => path.isAbsolute(entry));
  return folders.flatMap((folder) => endings.map((ending) => path.join(folder, name + ending))).filter((file) => fs.existsSync(file));
}

function real(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return file;
  }
}

function contains(folder: string, file: string): boolean {
  const between = path.relative(folder, file);
  return between === "" || (between.split(path.sep)[0] !== ".." && !path.isAbsolute(between));
}
