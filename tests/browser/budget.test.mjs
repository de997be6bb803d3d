// How much a first visit loads, as a CDN would send it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { siteUrl } from "./support/environment.mjs";

/** Bytes, gzip. */
const FIRST_LOAD = 100_000;
const BEFORE_THE_FIRST_VIEW = 40_000;

let browser;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test("the first load stays small, comes from one origin, and leaves the sign-in library for later", async () => {
  const context = await newVisitor(browser);
  const page = await context.newPage();
  const answers = [];
  page.on("response", (response) => answers.push(response));
  await page.goto("/", { waitUntil: "networkidle" });
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  const library = page.waitForResponse(/\/cognito-/);
  await page.keyboard.press("Tab");
  await library;
  await page.waitForLoadState("networkidle");
  const sizes = [];
  for (const answer of answers) {
    const url = new URL(answer.url());
    assert.equal(url.origin, new URL(siteUrl).origin, `${url} is external`);
    sizes.push([url.pathname, gzipSync(await answer.body(), { level: 9 }).length]);
  }
  const total = (list) => list.reduce((sum, [, size]) => sum + size, 0);
  const early = sizes.filter(([path]) => !/\/(cognito|workspace)-/.test(path));
  assert.ok(early.length < sizes.length, "the sign-in library was not a file of its own");
  console.log(`first view ${total(early)} bytes, first load ${total(sizes)} bytes (gzip)`);
  assert.ok(total(sizes) < FIRST_LOAD, JSON.stringify(sizes));
  assert.ok(total(early) < BEFORE_THE_FIRST_VIEW, JSON.stringify(early));

  const html = await answers[0].text();
  const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  assert.ok(
    named.every((path) => path.startsWith("/assets/") && !path.includes("cognito")),
    String(named),
  );
  await context.close();
});

test("nothing moves while the login starts", async () => {
  const context = await newVisitor(browser);
  await context.addInitScript(() => {
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const page = await openPage(context);
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(await page.evaluate(() => window.shifts), 0);
  assert.deepEqual(page.problems, []);
  await context.close();
});
