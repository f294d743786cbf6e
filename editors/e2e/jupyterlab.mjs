// JupyterLab with jupyterlab-lsp, used as a person would. It sends a notebook as one text, and asks for no quick fixes: the cure stands in the message.
//
// node jupyterlab.mjs ADDRESS PICTURES NAME
import { join } from "node:path";
import { marking, middle, step, until, withPage } from "./browser.mjs";

const [address, pictures, name] = process.argv.slice(2);
const SERVER = name === "jupyterlab-pylsp" ? "pylsp" : "nnx-lint";
const LINES = ".cm-line";
const MARKS = ".cm-lintRange";

await withPage(`${address}/lab/tree/explore.ipynb?reset`, { width: 1280, height: 800 }, async (page) => {
  const keys = page.keyboard;
  const { marked, unmarked } = marking(page, LINES, MARKS);
  const hovered = (place, text) =>
    until(async () => {
      await page.mouse.move(5, 500);
      await page.mouse.move(...middle(place), { steps: 4 });
      await page.waitForTimeout(1200);
      return (await page.locator(".cm-tooltip").allInnerTexts()).join("\n").includes(text);
    }, `the tooltip with \`${text}\``);
  const shot = (what) => page.screenshot({ path: join(pictures, `${name}-${what}.png`) });

  await step("the notebook opens", () => page.locator(".jp-CodeCell .cm-line").first().waitFor());
  await step(`the one server for Python is ${SERVER}`, () =>
    until(async () => {
      const { sessions } = await (await fetch(`${address}/lsp/status`)).json();
      const started = Object.keys(sessions).filter((key) => sessions[key].status === "started");
      return started.length === 1 && started[0] === SERVER;
    }, `${SERVER} alone is started`),
  );
  await step("its cells show squiggles under the right words", async () => {
    await marked("if loss > 10.0:", "loss > 10.0");
    await marked("images = jax.random.normal(rngs,", "rngs");
  });
  await step("the tooltip has the message with the cure", async () => {
    await hovered(await marked("images = jax.random.normal(rngs,", "rngs"), "draw a key with `rngs.params()`");
    await shot("notebook");
    await page.mouse.move(5, 500);
  });
  await step("the cure, typed, takes the squiggle away; undone, it comes back", async () => {
    const place = await marked("images = jax.random.normal(rngs,", "rngs");
    await page.mouse.click(place.right - 1, (place.top + place.bottom) / 2);
    await keys.type(".params()");
    await unmarked("images = jax.random.normal(rngs.params(),", "rngs");
    for (let count = 0; count < ".params()".length; count++) {
      await keys.press("Backspace");
    }
    await marked("images = jax.random.normal(rngs,", "rngs");
  });
  await step("the diagnostics panel lists the findings", async () => {
    await page.locator(".jp-CodeCell .cm-line", { hasText: "images = jax" }).first().click({ button: "right" });
    await page.locator(".lm-Menu-itemLabel", { hasText: "Show diagnostics panel" }).click();
    await page.locator(".lsp-diagnostics-listing tbody tr", { hasText: "takes one PRNG key" }).first().waitFor();
    await page.locator(".lsp-diagnostics-listing tbody tr", { hasText: "TracerBoolConversionError" }).first().waitFor();
    await shot("panel");
  });
  await step("a file shows squiggles too, and a mistake that is typed appears", async () => {
    await page.goto(`${address}/lab/tree/data.py?reset`);
    await marked("noise = jax.random.normal(rngs,", "rngs");
    await page.locator(".cm-line", { hasText: "return images / scale" }).click();
    await keys.press("End");
    await keys.press("Enter");
    await keys.press("Shift+Tab");
    await keys.type("more = jax.random.uniform(nnx.Rngs(1), (2,))");
    await marked("more = jax.random.uniform(nnx.Rngs(1)", "nnx.Rngs(1)");
    await shot("file");
  });
});
