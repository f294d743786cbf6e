// How the server is started.

import * as vscode from "vscode";

import type { Choice } from "./choice";

export interface Launch {
  readonly command: string;
  readonly args: string[];
  /** A folder that is not the workspace's. */
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** The command line. `-P`: the folder that it is started in is no place to import from. */
export function executableOf(choice: Choice, cwd: string): Launch {
  return { command: choice.server.file, args: ["-P", "-m", "nnx_lsp.server.main"], cwd, env: environment(choice) };
}

/** The server reads the Flax version of `$VIRTUAL_ENV`; with several folders each one's `.venv` counts instead. */
function environment(choice: Choice): Record<string, string> {
  const { VIRTUAL_ENV: _, ...rest } = process.env;
  const kept = Object.fromEntries(Object.entries(rest).filter((each): each is [string, string] => each[1] !== undefined));
  const isOne = (vscode.workspace.workspaceFolders?.length ?? 0) <= 1;
  return { ...kept, PYTHONUTF8: "1", ...(isOne ? { VIRTUAL_ENV: choice.project.prefix } : {}) };
}
