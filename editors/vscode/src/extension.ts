// The extension: it chooses a server, keeps it running, and offers what the editor cannot ask of it by itself.

import * as path from "node:path";
import * as vscode from "vscode";
import { type LanguageClient, State } from "vscode-languageclient/node";

import { type Choice, chosen, NoServer, type Places } from "./choice";
import { applied } from "./fix-all";
import { onSelected } from "./interpreter";
import { client as made } from "./server";
import { described, inForce, inFront, type Report, Status } from "./status";

const RESTARTING = ["nnx-lint.enable", "nnx-lint.interpreter", "nnx-lint.environment"];

class Extension implements vscode.Disposable {
  readonly #log = vscode.window.createOutputChannel("nnx-lint", { log: true });
  readonly #status = new Status();
  readonly #pages = new Pages();
  readonly #listeners: vscode.Disposable[] = [];
  #client: LanguageClient | undefined;
  #choice: Choice | undefined;
  #report: Report | undefined;
  #reason = "";
  /** Starts and stops happen one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(readonly places: Places) {
    const commands: Record<string, () => unknown> = {
      "nnx-lint.restart": () => this.restart(),
      "nnx-lint.showLog": () => this.#log.show(),
      "nnx-lint.status": () => this.#pages.show(() => this.#described()),
      "nnx-lint.applyFixes": () => applied(),
    };
    this.#listeners.push(
      ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
      vscode.workspace.onDidChangeConfiguration((change) => this.#configured(change)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      vscode.window.onDidChangeActiveTextEditor(() => this.#ask()),
      vscode.window.onDidChangeActiveNotebookEditor(() => this.#ask()),
      // The server knows a folder's version once it has checked a file of it.
      vscode.languages.onDidChangeDiagnostics(() => this.#ask()),
    );
    void onSelected(() => this.restart()).then((listener) => listener && this.#listeners.push(listener));
  }

  /** Stop the server, choose anew, start. */
  restart(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await this.#stop();
      await this.#start();
    });
    return this.#turn;
  }

  async stop(): Promise<void> {
    await this.#turn;
    await this.#stop();
  }

  dispose(): void {
    for (const each of [...this.#listeners, this.#status, this.#pages, this.#log]) {
      each.dispose();
    }
  }

  async #start(): Promise<void> {
    this.#status.starting();
    try {
      this.#choice = await chosen(vscode.workspace.workspaceFolders?.[0], this.places);
      const { server, project, isOwn } = this.#choice;
      this.#log.info(`server ${server.server} in ${server.file}${isOwn ? " (the extension's own environment)" : ""}; interpreter ${project.file} (${project.source})`);
      this.#client = made(this.#choice, this.places.cwd, this.#log);
      this.#client.onDidChangeState(({ newState }) => newState === State.Running && this.#ask(true));
      await this.#client.start();
      this.#reason = "";
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error);
      this.#status.failed(this.#reason);
      this.#log.error(this.#reason);
      if (!(error instanceof NoServer && error.isQuiet)) {
        void this.#complain(this.#reason);
      }
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#choice = undefined;
    // One that never started, or died, has nothing to stop.
    await client?.dispose().catch(() => undefined);
  }

  async #complain(reason: string): Promise<void> {
    const answer = await vscode.window.showErrorMessage(`nnx-lint: ${reason}`, "Show Log", "Settings");
    if (answer === "Show Log") {
      this.#log.show();
    } else if (answer === "Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "nnx-lint.interpreter");
    }
  }

  async #configured(change: vscode.ConfigurationChangeEvent): Promise<void> {
    if (RESTARTING.some((key) => change.affectsConfiguration(key))) {
      await this.restart();
    } else if (change.affectsConfiguration("nnx-lint") && this.#client?.isRunning()) {
      // The server then asks for what is set, for each folder.
      await this.#client.sendNotification("workspace/didChangeConfiguration", { settings: null });
      await this.#ask(true);
    }
  }

  /** Show the Flax version in force for the open file. The server is asked where it has not said so yet. */
  async #ask(isNew = false): Promise<void> {
    const choice = this.#choice;
    const file = inFront();
    if (choice === undefined || !this.#client?.isRunning()) {
      return;
    }
    if (isNew || (file !== undefined && inForce(this.#report, file) === undefined)) {
      this.#report = await this.#asked();
    }
    this.#status.running(choice, inForce(this.#report, file));
  }

  async #asked(): Promise<Report | undefined> {
    const question = { command: "nnx-lint.showStatus", arguments: [] };
    const answer = await this.#client?.sendRequest<unknown>("workspace/executeCommand", question).catch(() => undefined);
    return typeof answer === "object" && answer !== null ? (answer as Report) : undefined;
  }

  async #described(): Promise<string> {
    return this.#choice !== undefined && this.#client?.isRunning()
      ? described(this.#choice, await this.#asked(), inFront())
      : `# nnx-lint does not run\n\n${this.#reason || "It is starting."}\n`;
  }
}

/** Pages that are shown and not written: the status. */
class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  static readonly #uri = vscode.Uri.parse("nnx-lint:nnx-lint status.md");
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registered = vscode.workspace.registerTextDocumentContentProvider("nnx-lint", this);
  readonly onDidChange = this.#changed.event;
  #text = "";

  async show(text: () => Promise<string>): Promise<void> {
    this.#text = await text();
    this.#changed.fire(Pages.#uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(Pages.#uri), { preview: true });
  }

  provideTextDocumentContent(): string {
    return this.#text;
  }

  dispose(): void {
    this.#changed.dispose();
    this.#registered.dispose();
  }
}

let extension: Extension | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  extension = new Extension({
    wheels: path.join(context.extensionPath, "wheels"),
    storage: context.globalStorageUri.fsPath,
    cwd: context.extensionPath,
  });
  context.subscriptions.push(extension);
  // The editor does not wait for an installation.
  void extension.restart();
}

export async function deactivate(): Promise<void> {
  await extension?.stop();
  extension = undefined;
}
