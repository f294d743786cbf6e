// Opens the workbench, so that an extension host starts, and waits until the driver in it has written its result.
//
// node host.mjs ADDRESS PROJECT RESULT
import { existsSync, readFileSync } from "node:fs";
import { until, withPage } from "./browser.mjs";

const [address, project, result] = process.argv.slice(2);

await withPage(`${address}/?folder=${project}`, { width: 1000, height: 700 }, async () => {
  const said = () => (existsSync(result) ? JSON.parse(readFileSync(result, "utf8")) : { text: "nothing" });
  await until(() => said().isDone, "the end of the driver's tests", 270).catch((error) => {
    console.log(said().text);
    throw error;
  });
  const { failed, text } = said();
  console.log(text);
  if (failed.length > 0) {
    throw new Error(`${failed.length} failed: ${failed.join(", ")}`);
  }
});
