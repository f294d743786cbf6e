// Which Python runs the server: the project's own where nnx-lint is installed in it, else the environment that the extension made for it.

import * as vscode from "vscode";

import { type Carried, carried, existing, isComplete, made, place } from "./environment";
import { allowed, candidates, type Interpreter, isNewEnough, OLDEST, probed, type Source } from "./interpreter";

/** How the server is started, and for which Python's environment it checks. */
export interface Choice {
  /** The Python that runs the server. */
  readonly server: Interpreter;
  /** The Python of the project; its environment tells the Flax version. */
  readonly project: Interpreter;
  /** Whether the server lives in the extension's own environment. */
  readonly isOwn: boolean;
}

/** There is no server, and why: a sentence for people. `isQuiet`: they chose so. */
export class NoServer extends Error {
  constructor(
    message: string,
    readonly isQuiet = false,
  ) {
    super(message);
  }
}

/** Where things are: the wheels that the extension carries, its storage, and a folder that is not the workspace's. */
export interface Places {
  readonly wheels: string;
  readonly storage: string;
  readonly cwd: string;
}

/** Decide, asking where that is wanted. Throws `NoServer`. */
export async function chosen(folder: vscode.WorkspaceFolder | undefined, places: Places): Promise<Choice> {
  const named = await candidates(folder);
  const files = named.flatMap((candidate) => allowed(candidate).map((file) => [file, candidate.source] as const));
  const project = await first(files, places);
  if (project === undefined) {
    throw new NoServer(none(named.map((each) => each.file)));
  }
  if (project.server !== undefined && isNewEnough(project)) {
    return { server: project, project, isOwn: false };
  }
  const python = isNewEnough(project) ? project : await first(onPath(), places, isNewEnough);
  if (python === undefined) {
    throw new NoServer(`${project.file} is Python ${project.version.join(".")}; the server needs Python ${OLDEST.join(".")} or newer, and there is none on the path`);
  }
  const wheels = await carried(places.wheels);
  if (wheels === undefined) {
    throw new NoServer(`nnx-lint is not installed in ${project.file}; install it there: pip install nnx-lint`);
  }
  return { server: await own(python, project, wheels, places), project, isOwn: true };
}

function none(files: readonly string[]): string {
  const restricted = vscode.workspace.isTrusted ? "" : " (the workspace is not trusted: an interpreter inside of it is not started)";
  return `no Python was found: ${files.join(", ")} did not start${restricted}; set nnx-lint.interpreter`;
}

/** The first that answers and will do. */
async function first(files: readonly (readonly [string, Source])[], places: Places, will = (_: Interpreter): boolean => true): Promise<Interpreter | undefined> {
  for (const [file, source] of files) {
    const python = await probed(file, source, places.cwd);
    if (python !== undefined && will(python)) {
      return python;
    }
  }
  return undefined;
}

function onPath(): (readonly [string, Source])[] {
  const names = ["python3", "python3.13", "python3.12", "python3.11", "python", "py"];
  return names.flatMap((file) => allowed({ file, source: "the path" }).map((place) => [place, "the path"] as const));
}

async function own(python: Interpreter, project: Interpreter, wheels: Carried, places: Places): Promise<Interpreter> {
  const folder = place(places.storage, python, wheels);
  const before = await existing(folder, places.cwd);
  if (before !== undefined) {
    return before;
  }
  await asked(python, project, wheels);
  const options = { location: vscode.ProgressLocation.Notification, title: `nnx-lint: installing the server (${wheels.version})` };
  try {
    return await vscode.window.withProgress(options, () => made(folder, python, wheels, places.cwd));
  } catch (error) {
    throw new NoServer(`the server could not be installed into ${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Come back if the server may be installed; else throw. */
async function asked(python: Interpreter, project: Interpreter, wheels: Carried): Promise<void> {
  const wish = vscode.workspace.getConfiguration("nnx-lint").get<string>("environment", "ask");
  const cure = "install it there (pip install nnx-lint), or let the extension do it (nnx-lint.environment)";
  if (wish === "never") {
    throw new NoServer(`nnx-lint is not installed in ${project.file}; ${cure}`);
  }
  if (wish === "always" || isComplete(python, wheels)) {
    return;
  }
  const question =
    `nnx-lint is not installed in ${project.file}. Install its server into an environment of the extension's own? ` +
    "Your packages stay as they are; libcst, pygls and a few more are downloaded by pip.";
  if ((await vscode.window.showInformationMessage(question, "Install", "Not now")) !== "Install") {
    throw new NoServer(`nnx-lint is not installed in ${project.file}; ${cure}`, true);
  }
}
