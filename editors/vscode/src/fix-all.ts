// All safe fixes in the open file, or in all code cells of the open notebook.

import * as vscode from "vscode";

/** The kind of code action with which the server offers them. */
export const KIND = "source.fixAll.nnx-lint";

/** Apply them; say so if there is none. */
export async function applied(): Promise<void> {
  const documents = open();
  const edits = (await Promise.all(documents.map(edit))).filter((each) => each !== undefined);
  for (const each of edits) {
    await vscode.workspace.applyEdit(each);
  }
  if (edits.length === 0) {
    vscode.window.setStatusBarMessage("nnx-lint: there is no safe fix to apply", 5000);
  }
}

function open(): vscode.TextDocument[] {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  if (notebook) {
    return notebook
      .getCells()
      .map((cell) => cell.document)
      .filter((document) => document.languageId === "python");
  }
  const document = vscode.window.activeTextEditor?.document;
  return document ? [document] : [];
}

async function edit(document: vscode.TextDocument): Promise<vscode.WorkspaceEdit | undefined> {
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, whole, KIND, 1);
  return actions.find((action) => action.kind?.value === KIND)?.edit;
}
