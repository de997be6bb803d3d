// Lighthouse on the first page, as a phone on a slow network sees it through a CDN that compresses.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import lighthouse from "lighthouse";
import { pageFunctions } from "lighthouse/core/lib/page-functions.js";
import { launch } from "./support/browser.mjs";
import { compressedSite } from "./support/cdn.mjs";

/** 4G: round trips of 85 ms, 9 Mbit/s. */
const NETWORK = { rttMs: 85, throughputKbps: 9_000 };
/** Lighthouse's own measure of a processor: a phone of the middle class has 125 to 800, a fast desktop 2,000. */
const PHONE = 500;
const BUDGET = { "first-contentful-paint": 1_000, interactive: 1_000, "total-blocking-time": 100 };

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** How many times slower than this machine, as busy as it is right now, that phone is. */
async function slowdown(browser) {
  const page = await browser.newPage();
  const index = await page.evaluate(pageFunctions.computeBenchmarkIndex);
  await page.close();
  return Math.max(1, index / PHONE);
}

/** One run: what is outside of the budget, and the figures. */
async function measure(url, port, cpuSlowdownMultiplier) {
  const { lhr } = await lighthouse(url, {
    port,
    logLevel: "error",
    onlyCategories: ["performance", "accessibility", "best-practices"],
    throttling: { ...NETWORK, cpuSlowdownMultiplier },
  });
  assert.equal(lhr.runtimeError, undefined);
  const marks = Object.values(lhr.categories).map(({ title, score }) => [title, score]);
  const times = Object.keys(BUDGET).map((name) => [name, Math.round(lhr.audits[name].numericValue)]);
  const shift = lhr.audits["cumulative-layout-shift"].numericValue;
  const figures = JSON.stringify(
    Object.fromEntries([...marks, ...times, ["shift", shift], ["slowdown", cpuSlowdownMultiplier]]),
  );
  const missed =
    times.some(([name, value]) => value >= BUDGET[name]) || marks.some(([, mark]) => mark < 0.98);
  assert.equal(shift, 0, figures);
  return { figures, missed };
}

test("Lighthouse: interactive within a second on a phone, nothing moves, and the best marks", async () => {
  const site = await compressedSite();
  const port = await freePort();
  const browser = await launch([`--remote-debugging-port=${port}`]);
  try {
    const tries = [];
    // Whatever else this machine does meanwhile only ever adds to the times: the best of five is the nearest.
    do tries.push(await measure(`${site.url}login`, port, await slowdown(browser)));
    while (tries.at(-1).missed && tries.length < 5);
    console.log(tries.at(-1).figures);
    assert.ok(!tries.at(-1).missed, tries.map(({ figures }) => figures).join("\n"));
  } finally {
    await browser.close();
    await site.close();
  }
});
