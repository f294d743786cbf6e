// The extension in VS Code's workbench, used as a person would: with keys and the mouse.
//
// node vscode.mjs ADDRESS PROJECT SETTINGS PICTURES
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { marking, middle, placeOf, step, until, withPage } from "./browser.mjs";

const [address, project, settings, pictures] = process.argv.slice(2);
const LINES = ".view-line";
const ORIGINAL = JSON.parse(readFileSync(settings, "utf8"));
const MARKS = ".squiggly-error, .squiggly-warning, .squiggly-info";
const DROP = "nnx.Dropout(p=0.1, rngs=rngs)";

/** The processes that run the server for this test. */
function servers() {
  return readdirSync("/proc").filter((name) => {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return command.includes("nnx_lsp.server.main") && readFileSync(`/proc/${name}/environ`, "utf8").includes(process.env.HOME);
    } catch {
      return false;
    }
  });
}

await withPage(`${address}/?folder=${project}`, { width: 1280, height: 800 }, async (page) => {
  const keys = page.keyboard;
  const rows = page.locator(".quick-input-list .monaco-list-row");
  const open = async (name) => {
    await until(async () => {
      await keys.press("Control+p");
      await page.waitForTimeout(500);
      return page.locator(".quick-input-widget").isVisible();
    }, "the field for a file's name");
    await page.locator(".quick-input-widget input").fill(name);
    await rows.first().filter({ hasText: name }).waitFor();
    await keys.press("Enter");
    await page.locator(".tab.active", { hasText: name }).waitFor();
  };
  const command = async (name) => {
    await keys.press("F1");
    await page.locator(".quick-input-widget input").fill(`>${name}`);
    await rows.first().filter({ hasText: name }).waitFor();
    await keys.press("Enter");
    await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await page.waitForTimeout(500);
  };
  const { marked, unmarked } = marking(page, LINES, MARKS);
  const shot = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });
  // In the editor, as a person would: where its native modules are not built, it does not see what others write to the disk.
  const set = async (values) => {
    await command("Preferences: Open User Settings (JSON)");
    await page.locator(".view-line", { hasText: "security.workspace" }).first().waitFor();
    await keys.press("Control+a");
    await keys.insertText(JSON.stringify({ ...ORIGINAL, ...values }));
    await keys.press("Control+s");
    await until(() => readFileSync(settings, "utf8").includes("nnx-lint.ignore") === "nnx-lint.ignore" in values, "the settings on the disk");
  };
  const saved = (name, holds) => until(() => holds(readFileSync(join(project, name), "utf8")), `${name} on the disk`);
  const hovered = async (place, text) => {
    await until(async () => {
      await page.mouse.move(5, 400);
      await page.mouse.move(...middle(place), { steps: 4 });
      await page.waitForTimeout(1200);
      return (await page.locator(".monaco-hover:not(.hidden)").allInnerTexts()).join("\n").includes(text);
    }, `the hover with \`${text}\``);
  };

  await step("the workbench opens", () => page.locator(".monaco-workbench .part.editor").waitFor());
  await step("a file shows the squiggle under the right word", async () => {
    await open("train.py");
    await marked("if value > limit:", "value > limit");
  });
  const named = (version) => page.locator(".statusbar-item", { hasText: `NNX: Flax ${version}` }).waitFor();
  await step("the status item names the Flax version", () => named("0.12.8"));
  await step("hover shows the message and the rule's page", async () => {
    await hovered(await marked("if value > limit:", "value > limit"), "raises TracerBoolConversionError");
    await hovered(await marked("if value > limit:", "value > limit"), "traced_branch");
    await shot("vscode-hover");
    await page.mouse.move(5, 400);
  });
  await step("the Problems panel shows the way of the value", async () => {
    await keys.press("Control+Shift+m");
    const row = page.locator(".markers-panel .monaco-list-row", { hasText: "argument `images` of `train_step`" });
    await row.first().waitFor();
    await page.locator(".markers-panel .monaco-list-row", { hasText: "runs under" }).first().waitFor();
    await shot("vscode-problems");
    await keys.press("Control+j");
  });
  await step("the quick fix repairs the line", async () => {
    await open("model.py");
    await page.mouse.click(...middle(await marked(DROP, "p=0.1")));
    await keys.press("Control+.");
    const action = page.locator(".action-widget .monaco-list-row", { hasText: "Rename to rate=" });
    await action.waitFor();
    await shot("vscode-quick-fix");
    await action.click();
    await until(() => placeOf(page, LINES, "nnx.Dropout(rate=0.1, rngs=rngs)", "rate"), "`rate=` in place of `p=`");
    await unmarked("nnx.Dropout(rate=0.1, rngs=rngs)", "rate");
  });
  await step("a mistake that is typed appears, and goes when it is undone", async () => {
    await open("data.py");
    await marked("noise = jax.random.normal(rngs,", "rngs");
    await keys.press("Control+End");
    await keys.type("\nmore = jax.random.uniform(nnx.Rngs(1), (2,))");
    await marked("more = jax.random.uniform(nnx.Rngs(1)", "nnx.Rngs(1)");
    await keys.press("Shift+Home");
    await keys.press("Delete");
    await until(async () => (await placeOf(page, LINES, "more = jax", "more")) === undefined, "the line is gone");
    await command("File: Revert File");
  });
  await step("the command applies all safe fixes", async () => {
    await open("model.py");
    await command("File: Revert File");
    await marked(DROP, "p=0.1");
    await command("nnx-lint: Apply All Safe Fixes");
    await until(() => placeOf(page, LINES, "self.steps[...] += 1", "steps"), "`self.steps[...] += 1`");
    await until(() => placeOf(page, LINES, "nnx.Dropout(rate=0.1", "rate"), "`rate=`");
    await command("File: Revert File");
    await marked(DROP, "p=0.1");
  });
  await step("saving applies all safe fixes where the settings say so", async () => {
    await keys.press("Control+End");
    await keys.type("# saved");
    await keys.press("Control+s");
    await saved("model.py", (text) => text.includes("nnx.Dropout(rate=0.1, rngs=rngs)") && text.includes("self.steps[...] += 1") && text.includes("# saved"));
  });
  await step("a setting of the editor counts at once, and no more when it is taken back", async () => {
    await open("train.py");
    await marked("if value > limit:", "value > limit");
    await set({ "nnx-lint.ignore": ["traced_branch"] });
    await open("train.py");
    await unmarked("if value > limit:", "value > limit");
    await set({});
    await open("train.py");
    await marked("if value > limit:", "value > limit");
  });
  await step("the server restarts", async () => {
    const before = servers();
    if (before.length !== 1) {
      throw new Error(`one server was expected, there are ${before.length}`);
    }
    await command("nnx-lint: Restart Server");
    await until(() => servers().length === 1 && servers()[0] !== before[0], "another server process");
    await marked("if value > limit:", "value > limit");
  });
  await step("a server that is killed comes back", async () => {
    const [before] = servers();
    process.kill(Number(before), "SIGKILL");
    await until(() => servers().length === 1 && servers()[0] !== before, "another server process");
    await marked("if value > limit:", "value > limit");
  });
  await step("a notebook shows squiggles in its cells, and the quick fix repairs one", async () => {
    await open("explore.ipynb");
    await marked("images = jax.random.normal(rngs,", "rngs");
    await named("0.12.8");
    await page.mouse.move(800, 560);
    await until(async () => {
      await page.mouse.wheel(0, 100);
      return placeOf(page, LINES, "return loss", "return");
    }, "the last lines of the cell below");
    await marked("if loss > 10.0:", "loss > 10.0");
    const place = await marked("images = jax.random.normal(rngs,", "rngs");
    await hovered(place, "takes one PRNG key");
    await shot("vscode-notebook");
    await page.mouse.move(5, 400);
    await page.mouse.click(...middle(place));
    await keys.press("Control+.");
    await page.locator(".action-widget .monaco-list-row", { hasText: "Draw a key" }).click();
    await unmarked("images = jax.random.normal(rngs.params(),", "rngs");
    await keys.press("Control+s");
    await saved("explore.ipynb", (text) => text.includes("jax.random.normal(rngs.params(), (32, 64))"));
  });
  await step("the status page says what the server thinks", async () => {
    await open("train.py");
    await command("nnx-lint: Show Status");
    await until(() => placeOf(page, LINES, "0.12.8", "0.12.8"), "the Flax version on the status page");
    await keys.press("Control+w");
  });
});
