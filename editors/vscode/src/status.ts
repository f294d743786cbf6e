// The status item: which Flax the open file is checked for, and what the server is.

import * as path from "node:path";
import * as vscode from "vscode";

import type { Choice } from "./choice";

/** What is used of the server's answer to `nnx-lint.showStatus`. */
export interface Report {
  /** By folder, the Flax version in force and what says so. */
  readonly flax?: readonly Flax[];
  readonly text?: string;
}

export interface Flax {
  readonly folder: string;
  readonly version: string | null;
  readonly source: string;
}

/** The Flax version in force for a file, as far as the server has said. */
export function inForce(report: Report | undefined, file: string | undefined): Flax | undefined {
  const holds = (report?.flax ?? []).filter((each) => file !== undefined && isBelow(each.folder, file));
  return holds.sort((one, other) => other.folder.length - one.folder.length)[0];
}

function isBelow(folder: string, file: string): boolean {
  const between = path.relative(folder, file);
  return !path.isAbsolute(between) && between.split(path.sep)[0] !== "..";
}

/** The Python file or the notebook that is in front. A notebook has no text editor while one of its texts, or none of its cells, is selected. */
export function inFront(): string | undefined {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  const document = vscode.window.activeTextEditor?.document;
  const isChecked = document?.languageId === "python" && ["file", "vscode-notebook-cell"].includes(document.uri.scheme);
  return (notebook ?? (isChecked ? document : undefined))?.uri.fsPath;
}

/** The status as a page. */
export function described(choice: Choice, report: Report | undefined, file: string | undefined): string {
  const flax = inForce(report, file);
  const lines = [
    "# nnx-lint status",
    "",
    `- server: nnx-lint ${choice.server.server ?? ""} in ${choice.server.file}${choice.isOwn ? " (the extension's own environment)" : ""}`,
    `- interpreter: ${choice.project.file}, Python ${choice.project.version.join(".")}, from ${choice.project.source}`,
    ...(flax === undefined ? [] : [`- Flax in force for ${file}: ${flax.version ?? "the newest known"}`, `  (${flax.source})`]),
    "",
    "What the server says:",
    "",
    ...(report?.text ?? "nothing").split("\n").map((line) => `    ${line}`),
    "",
  ];
  return lines.join("\n");
}

/** One item at the bottom of the window, shown beside Python files and notebooks. */
export class Status implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #listeners: vscode.Disposable[];

  constructor() {
    this.#item = vscode.window.createStatusBarItem("nnx-lint.status", vscode.StatusBarAlignment.Right, 90);
    this.#item.name = "nnx-lint";
    this.#item.command = "nnx-lint.status";
    this.#listeners = [
      vscode.window.onDidChangeActiveTextEditor(() => this.#place()),
      vscode.window.onDidChangeActiveNotebookEditor(() => this.#place()),
    ];
    this.#place();
  }

  /** The server is being chosen, installed or started. */
  starting(): void {
    this.#show("$(sync~spin) NNX", "nnx-lint is starting");
  }

  /** It runs, and this is the Flax version in force. */
  running(choice: Choice, flax: Flax | undefined): void {
    const lines = [
      `nnx-lint ${choice.server.server ?? ""}`,
      flax === undefined ? "no file is checked yet" : `checks for Flax ${flax.version ?? "(the newest known)"} (${flax.source})`,
      `interpreter: ${choice.project.file} (${choice.project.source})`,
      choice.isOwn ? "server: in the extension's own environment" : "server: the interpreter's own",
    ];
    this.#show(flax?.version ? `NNX: Flax ${flax.version}` : "NNX", lines.join("\n"));
  }

  /** It does not run, and why. */
  failed(reason: string): void {
    this.#show("$(warning) NNX", `nnx-lint does not run: ${reason}`, new vscode.ThemeColor("statusBarItem.warningBackground"));
  }

  dispose(): void {
    for (const each of [...this.#listeners, this.#item]) {
      each.dispose();
    }
  }

  #show(text: string, tooltip: string, background?: vscode.ThemeColor): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.backgroundColor = background;
  }

  #place(): void {
    const isPython = vscode.window.activeTextEditor?.document.languageId === "python" || vscode.window.activeNotebookEditor !== undefined;
    isPython ? this.#item.show() : this.#item.hide();
  }
}
