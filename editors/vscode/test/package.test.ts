import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";

import { KEYS } from "../src/settings";

const manifest = JSON.parse(fs.readFileSync("package.json", "utf8"));

for (const lock of ["package-lock.json", "../e2e/package-lock.json"]) {
  test(`${lock} names no download address`, () => {
    const { packages } = JSON.parse(fs.readFileSync(lock, "utf8")) as { packages: Record<string, Record<string, unknown>> };
    assert.ok(Object.keys(packages).length > 1);
    for (const [name, each] of Object.entries(packages)) {
      assert.equal(each["resolved"], undefined, name);
    }
    assert.doesNotMatch(fs.readFileSync(lock, "utf8"), /registry\./);
  });
}

test("every setting has a description and a default", () => {
  for (const [name, each] of Object.entries<Record<string, unknown>>(manifest.contributes.configuration.properties)) {
    assert.match(name, /^nnx-lint\./);
    assert.ok(String(each["markdownDescription"] ?? "").length > 20, name);
    assert.notEqual(each["default"], undefined, name);
  }
});

test("every key that is sent to the server is a setting", () => {
  for (const key of KEYS) {
    assert.ok(manifest.contributes.configuration.properties[`nnx-lint.${key}`], key);
  }
});

test("what names a program to start is restricted in a workspace that is not trusted", () => {
  assert.equal(manifest.capabilities.untrustedWorkspaces.supported, "limited");
  assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes("nnx-lint.interpreter"));
});
