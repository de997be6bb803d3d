// `cargo xtask watch` as its users see it: an open page shows what was saved, without anybody touching it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { Repository } from "./support/repository.mjs";

const HANDLER = "functions/shared/src/error.rs";
const TEXT = "this path belongs to another user";
/** Milliseconds; the functions are compiled anew. */
const PATIENCE = 60_000;

const repository = new Repository();
let browser;
let page;

before(async () => {
  browser = await launch();
  await repository.make();
  await repository.watch();
  const { frontend } = JSON.parse(await repository.xtask("outputs", "--json"));
  const context = await newVisitor(browser, { baseURL: frontend.SiteUrl });
  page = await openPage(context, "about:blank");
  const listening = listens();
  await page.goto("/login");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await listening;
});
after(async () => {
  await browser?.close();
  await repository.remove();
});

/** Once the page that is loaded next listens to the watch. */
const listens = () =>
  page.waitForResponse(
    (response) => response.headers()["content-type"]?.startsWith("text/event-stream") ?? false,
    { timeout: PATIENCE },
  );

/** The page as it is now: a reload takes the mark away. */
const mark = () => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = () => page.evaluate(() => window.marked === true);

test("a page reloads by itself when a file of the frontend is saved, and shows it", async () => {
  await mark();
  const listening = listens();
  repository.edit("frontend/src/views/login.ts", '    "Log in",\n    "",', '    "Log in, watched",\n    "",');
  await page.getByRole("heading", { name: "Log in, watched" }).waitFor({ timeout: PATIENCE });
  assert.equal(await isMarked(), false);
  await repository.told("Reloading 1 page");
  await repository.told("Watching");
  await listening;
  assert.deepEqual(page.problems, []);
});

test("it does so when a handler is saved, once the new one answers", async () => {
  await mark();
  const answer = async () => JSON.parse(await repository.xtask("invoke", "getTodos", "--json")).body;
  assert.ok((await answer()).includes(TEXT));
  repository.edit(HANDLER, TEXT, "watched");
  await page.waitForFunction(() => !window.marked, null, { timeout: PATIENCE });
  await page.getByRole("heading", { name: "Log in, watched" }).waitFor();
  assert.ok((await answer()).includes("watched"));
  assert.deepEqual(page.problems, []);
});
