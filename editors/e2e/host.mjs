// Opens the workbench, so that an extension host starts, and waits until the driver in it has written its result.
//
// node host.mjs ADDRESS PROJECT RESULT
import { existsSync, readFileSync } from "node:fs";
import { until, withPage } from "./browser.mjs";

const [address, project, result] = process.argv.slice(2);

await withPage(`${address}/?folder=${project}`, { width: 1000, height: 700 }, async () => {
  await until(() => existsSync(result), "the driver's result", 300);
  const { failed, text } = JSON.parse(readFileSync(result, "utf8"));
  console.log(text);
  if (failed.length > 0) {
    throw new Error(`${failed.length} failed: ${failed.join(", ")}`);
  }
});
