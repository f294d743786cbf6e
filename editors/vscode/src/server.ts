// The client of one running server.

import * as vscode from "vscode";
import { type Executable, LanguageClient, type LanguageClientOptions, type Middleware, TransportKind, vsdiag } from "vscode-languageclient/node";

import type { Choice } from "./choice";
import { executableOf } from "./launch";
import { isEnabled, table } from "./settings";

/** What is checked: files, unsaved ones, and the Python cells of notebooks. */
export const SELECTOR = [
  { scheme: "file", language: "python" },
  { scheme: "untitled", language: "python" },
  { notebook: "jupyter-notebook", language: "python" },
];

/** A client that is not started yet. `cwd` is a folder that is not the workspace's: nothing in the workspace is importable. */
export function client(choice: Choice, cwd: string, log: vscode.OutputChannel): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: SELECTOR,
    outputChannel: log,
    traceOutputChannel: log,
    middleware: MIDDLEWARE,
  };
  const { command, args, cwd: folder, env } = executableOf(choice, cwd);
  const server: Executable = { command, args, transport: TransportKind.stdio, options: { cwd: folder, env } };
  return new LanguageClient("nnx-lint", "nnx-lint", server, options);
}

const MIDDLEWARE: Middleware = {
  handleDiagnostics: (uri, found, next) => next(uri, isEnabled(uri) ? found : []),
  provideDiagnostics: (document, previous, token, next) =>
    isEnabled(document instanceof vscode.Uri ? document : document.uri)
      ? next(document, previous, token)
      : { kind: vsdiag.DocumentDiagnosticReportKind.full, items: [] },
  workspace: {
    // The extension itself tells of changes: else the editor would send all settings that start with `nnx-lint`.
    didChangeConfiguration: async () => undefined,
    // The server asks for `nnx-lint`: it gets what somebody set, in its own words, and none of the editor's own settings.
    configuration: async (params, token, next) => {
      const answers = await next(params, token);
      return Array.isArray(answers)
        ? params.items.map((item, at) =>
            item.section === "nnx-lint" ? table(item.scopeUri === undefined ? undefined : vscode.Uri.parse(item.scopeUri)) : answers[at],
          )
        : answers;
    },
  },
};
