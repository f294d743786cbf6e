// Tests of the extension in the real extension host. The result goes to the file that $NNX_LINT_RESULT names.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

async function until(condition, what) {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await condition();
    if (answer) {
      return answer;
    }
    assert.ok(Date.now() < end, `never seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const code = (each) => (typeof each.code === "object" ? each.code.value : each.code);
const found = (uri, wanted) => vscode.languages.getDiagnostics(uri).find((each) => each.source === "nnx-lint" && code(each) === wanted);
// In a tab that stays: what is asked for is what a tab shows.
const shown = async (name) => {
  const document = await vscode.workspace.openTextDocument(path.join(vscode.workspace.workspaceFolders[0].uri.fsPath, name));
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
};
const actions = (uri, range, kind) => vscode.commands.executeCommand("vscode.executeCodeActionProvider", uri, range, kind, 5);

const TESTS = {
  "the extension is active and has its commands": async () => {
    const extension = vscode.extensions.getExtension("nnx-lint.nnx-lint");
    assert.ok(extension);
    await shown("model.py");
    await until(() => extension.isActive, "the extension is active");
    const commands = await vscode.commands.getCommands(true);
    for (const name of extension.packageJSON.contributes.commands.map((each) => each.command)) {
      await until(async () => commands.includes(name) || (await vscode.commands.getCommands(true)).includes(name), name);
    }
  },
  "a diagnostic has its exact range, its code and the way of its value": async () => {
    const document = await shown("train.py");
    const each = await until(() => found(document.uri, "NNX401"), "NNX401");
    assert.equal(document.getText(each.range), "value > limit");
    assert.equal(each.severity, vscode.DiagnosticSeverity.Error);
    assert.match(each.message, /raises TracerBoolConversionError/);
    const way = each.relatedInformation.map((step) => step.message);
    assert.ok(way.includes("argument `images` of `train_step` under `jax.jit`"), way.join("; "));
  },
  "a quick fix is offered, preferred, and repairs": async () => {
    const document = await shown("model.py");
    const each = await until(() => found(document.uri, "NNX708"), "NNX708");
    assert.equal(document.getText(each.range), "p=0.1");
    const fix = (await actions(document.uri, each.range, "quickfix")).find((action) => action.title === "Rename to rate=");
    assert.ok(fix?.isPreferred);
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(document.getText(), /nnx\.Dropout\(rate=0\.1, rngs=rngs\)/);
    await until(() => !found(document.uri, "NNX708"), "NNX708 is gone");
  },
  "all safe fixes are one action": async () => {
    const document = await shown("model.py");
    await vscode.commands.executeCommand("nnx-lint.applyFixes");
    await until(() => document.getText().includes("self.steps[...] += 1"), "self.steps[...] += 1");
    await until(() => !found(document.uri, "NNX207"), "NNX207 is gone");
  },
  "hover has the rule's page": async () => {
    const document = await shown("train.py");
    const each = await until(() => found(document.uri, "NNX401"), "NNX401");
    const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, each.range.start);
    const text = hovers.flatMap((hover) => hover.contents.map((content) => content.value ?? content)).join("\n");
    assert.match(text, /traced_branch/);
  },
  "a setting counts at once": async () => {
    const document = await shown("train.py");
    await until(() => found(document.uri, "NNX401"), "NNX401");
    const settings = vscode.workspace.getConfiguration("nnx-lint");
    await settings.update("ignore", ["traced_branch"], vscode.ConfigurationTarget.Workspace);
    await until(() => !found(document.uri, "NNX401"), "NNX401 is gone");
    await settings.update("ignore", undefined, vscode.ConfigurationTarget.Workspace);
    await until(() => found(document.uri, "NNX401"), "NNX401 again");
    await settings.update("enable", false, vscode.ConfigurationTarget.Workspace);
    await until(() => !found(document.uri, "NNX401"), "nothing while it is off");
    await settings.update("enable", undefined, vscode.ConfigurationTarget.Workspace);
    await until(() => found(document.uri, "NNX401"), "NNX401 again");
  },
  "a notebook has diagnostics in its cells, across cells": async () => {
    const folder = vscode.workspace.workspaceFolders[0].uri.fsPath;
    const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.file(path.join(folder, "explore.ipynb")));
    await vscode.window.showNotebookDocument(notebook);
    const cell = (text) => notebook.getCells().find((each) => each.document.getText().includes(text)).document;
    const keys = cell("jax.random.normal");
    const each = await until(() => found(keys.uri, "NNX101"), "NNX101 in a cell");
    assert.equal(keys.getText(each.range), "rngs");
    const branch = cell("def loss_fn");
    const other = await until(() => found(branch.uri, "NNX401"), "NNX401 in a cell");
    assert.equal(branch.getText(other.range), "loss > 10.0");
    const fix = (await actions(keys.uri, each.range, "quickfix")).find((action) => action.title === "Draw a key: rngs.params()");
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(keys.getText(), /normal\(rngs\.params\(\), /);
    await until(() => !found(keys.uri, "NNX101"), "NNX101 is gone");
  },
};

exports.activate = async () => {
  const failed = [];
  const lines = [];
  for (const [name, run] of Object.entries(TESTS)) {
    const begun = Date.now();
    try {
      await run();
      lines.push(`   ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed.push(name);
      lines.push(`   FAILED ${name}: ${error.stack ?? error}`);
    }
    fs.writeFileSync(process.env.NNX_LINT_RESULT, JSON.stringify({ isDone: lines.length === Object.keys(TESTS).length, failed, text: lines.join("\n") }));
  }
};
