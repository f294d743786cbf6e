// What stands in for `vscode` in the unit tests: settings, folders, extensions and answers are what a test puts here.
import * as path from "node:path";

export const given = {
  settings: {} as Record<string, unknown>,
  isTrusted: true,
  folders: [] as string[],
  extension: undefined as unknown,
  answer: undefined as string | undefined,
  questions: [] as string[],
  editor: undefined as unknown,
  notebook: undefined as unknown,
};

/** As nothing had been given. */
export function reset(): void {
  Object.assign(given, { settings: {}, isTrusted: true, folders: [], extension: undefined, answer: undefined, questions: [], editor: undefined, notebook: undefined });
}

export class Uri {
  private constructor(readonly fsPath: string) {}
  static file(file: string): Uri {
    return new Uri(path.resolve(file));
  }
  static parse(text: string): Uri {
    return new Uri(text.replace(/^file:\/\//, ""));
  }
}

export const workspace = {
  get isTrusted(): boolean {
    return given.isTrusted;
  },
  get workspaceFolders(): { uri: Uri; name: string; index: number }[] {
    return given.folders.map((folder, index) => ({ uri: Uri.file(folder), name: path.basename(folder), index }));
  },
  getConfiguration: () => ({
    get: (key: string, fallback: unknown) => given.settings[key] ?? fallback,
    inspect: (key: string) => ({ key, defaultValue: undefined, globalValue: given.settings[key] }),
  }),
};

export const extensions = { getExtension: () => given.extension };

export const window = {
  get activeTextEditor(): unknown {
    return given.editor;
  },
  get activeNotebookEditor(): unknown {
    return given.notebook;
  },
  showInformationMessage: async (question: string) => {
    given.questions.push(question);
    return given.answer;
  },
  withProgress: (_: unknown, run: () => unknown) => run(),
};

export const ProgressLocation = { Notification: 15 };

export const StatusBarAlignment = { Right: 2 };

export class ThemeColor {}
