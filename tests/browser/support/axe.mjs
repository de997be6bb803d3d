// axe-core on what the page shows right now. It is run through the DevTools protocol: the page's own policy, which
// refuses foreign scripts, stays as it is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails with every violation, in light and in dark, and where it is; `screen` names what is on the screen. */
export async function expectAccessible(page, screen) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await check(page, `${screen} in ${colorScheme} colours`);
  }
  await page.emulateMedia({ colorScheme: null });
}

async function check(page, screen) {
  // Colours in the middle of a transition are no colours of the design.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime ?? 0))
        .map((animation) => animation.finished.catch(() => undefined)),
    ),
  );
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Runtime.evaluate", { expression: SOURCE });
  const { result, exceptionDetails } = await devtools.send("Runtime.evaluate", {
    expression: `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] })
      .then(({ violations, passes }) => ({
        checked: passes.length,
        found: violations.flatMap(({ id, help, nodes }) =>
          nodes.map((node) => id + ": " + help + " in " + node.html + " " + (node.any[0]?.message ?? ""))),
      }))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await devtools.detach();
  assert.equal(exceptionDetails, undefined, `axe-core failed on ${screen}`);
  assert.ok(result.value.checked > 10, `axe-core checked next to nothing on ${screen}`);
  assert.deepEqual(result.value.found, [], `accessibility of ${screen}`);
}
