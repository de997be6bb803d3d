// The browser, and pages that remember everything that went wrong in them.
import { chromium } from "playwright-core";
import { browserPath, siteUrl } from "./environment.mjs";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

export function launch(flags = []) {
  return chromium.launch({ executablePath: browserPath, args: [...FLAGS, ...flags] });
}

/** A visitor of their own: no storage shared with others. */
export async function newVisitor(browser, options = {}) {
  const context = await browser.newContext({
    baseURL: siteUrl,
    viewport: DESKTOP,
    locale: "en-GB",
    acceptDownloads: true,
    ...options,
  });
  context.setDefaultTimeout(15_000);
  return context;
}

/**
 * A page whose `problems` are its console errors, uncaught exceptions and violations of the content security
 * policy. A refused request shows up as a console error too: `expectStatus` says which ones belong to the test.
 */
export async function openPage(context, path = "/") {
  const page = await context.newPage();
  const problems = [];
  const expected = new Set();
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const status = /Failed to load resource: .* status of (\d+)/.exec(message.text())?.[1];
    if (status && expected.has(Number(status))) return;
    problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI}`);
    });
  });
  await page.goto(path);
  return Object.assign(page, {
    problems,
    expectStatus: (...statuses) => {
      for (const status of statuses) expected.add(status);
    },
  });
}
