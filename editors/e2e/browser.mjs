// What the tests in a browser share: Chromium, waiting, and the check that something lies under the right word.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Run a test with a page of a new, empty profile. What fails is shown in a picture beside the log. */
export async function withPage(address, size, test) {
  const profile = mkdtempSync(join(tmpdir(), "nnx-lint-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport: size,
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  try {
    await until(async () => (await fetch(address).catch(() => undefined))?.ok, `${address} answers`);
    await page.goto(address);
    await test(page);
  } catch (error) {
    const picture = join(process.env.HOME, "failed.png");
    await page.screenshot({ path: picture }).catch(() => undefined);
    console.error(`picture: ${picture}`);
    throw error;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Wait until something holds; the error says what was waited for. */
export async function until(condition, what, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const answer = await condition();
      if (answer) {
        return answer;
      }
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`never seen: ${what}${last ? ` (${last.message.split("\n")[0]})` : ""}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Run one step, and say so. */
export async function step(what, run) {
  const begun = Date.now();
  const answer = await run();
  console.log(`   ${what} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  return answer;
}

/**
 * Where a word of the shown text is: the rectangle of the `nth` occurrence of `word` in the first line, among those that `lines` selects, that contains `line`.
 */
export async function placeOf(page, lines, line, word, nth = 0) {
  return page.evaluate(
    ([selector, text, part, count]) => {
      const plain = (node) => node.textContent.replaceAll("\u00a0", " ");
      const found = [...document.querySelectorAll(selector)].find((node) => plain(node).includes(text));
      if (!found) {
        return undefined;
      }
      let start = plain(found).indexOf(text) + text.indexOf(part);
      for (let at = 0; at < count; at++) {
        start = plain(found).indexOf(part, start + 1);
      }
      const range = document.createRange();
      const walker = document.createTreeWalker(found, NodeFilter.SHOW_TEXT);
      let passed = 0;
      let isBegun = false;
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const length = node.textContent.length;
        if (!isBegun && start < passed + length) {
          range.setStart(node, start - passed);
          isBegun = true;
        }
        if (isBegun && start + part.length <= passed + length) {
          range.setEnd(node, start + part.length - passed);
          break;
        }
        passed += length;
      }
      const { left, right, top, bottom } = range.getBoundingClientRect();
      return { left, right, top, bottom };
    },
    [lines, line, word, nth],
  );
}

/** Whether one of the elements lies exactly under a word: its left and right ends within three pixels, on the same line. */
async function isUnder(page, marks, word) {
  return page.evaluate(
    ([selector, place]) =>
      [...document.querySelectorAll(selector)].some((node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return Math.abs(left - place.left) < 3 && Math.abs(right - place.right) < 3 && top < place.bottom + 3 && bottom > place.top;
      }),
    [marks, word],
  );
}

/** Waiting for marks under words: `marked` gives the place of the word that is marked, `unmarked` waits until it is not. */
export function marking(page, lines, marks) {
  return {
    marked: (line, word, nth) =>
      until(async () => {
        const place = await placeOf(page, lines, line, word, nth);
        return place && (await isUnder(page, marks, place)) && place;
      }, `a squiggle under \`${word}\` in \`${line}\``),
    unmarked: (line, word) =>
      until(async () => {
        const place = await placeOf(page, lines, line, word);
        return place && !(await isUnder(page, marks, place));
      }, `no squiggle under \`${word}\` in \`${line}\``),
  };
}

/** The middle of a rectangle. */
export function middle(place) {
  return [(place.left + place.right) / 2, (place.top + place.bottom) / 2];
}
