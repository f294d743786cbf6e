// The settings of the editor in the words of `[tool.nnx-lint]`.

import * as vscode from "vscode";

/** The keys that the server knows; they are written as in `pyproject.toml`. */
export const KEYS = ["select", "extend-select", "ignore", "severity", "exclude", "flax-version", "diagnostic-mode", "inlay-hints"] as const;

/** What somebody set, and nothing else: where the editor has no setting, the project's files count. */
export function table(resource: vscode.Uri | undefined): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration("nnx-lint", resource);
  const found: Record<string, unknown> = {};
  for (const key of KEYS) {
    const seen = configuration.inspect(key);
    const isSet = [seen?.globalValue, seen?.workspaceValue, seen?.workspaceFolderValue].some((value) => value !== undefined);
    const value = configuration.get(key);
    if (isSet && value !== "") {
      found[key] = value;
    }
  }
  return found;
}

/** Whether findings are wanted for a file. */
export function isEnabled(resource: vscode.Uri | undefined): boolean {
  return vscode.workspace.getConfiguration("nnx-lint", resource).get<boolean>("enable", true);
}
