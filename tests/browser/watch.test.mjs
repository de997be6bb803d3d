// `cargo xtask watch` as its users see it: an open page shows what was saved, without anybody touching it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { Repository } from "./support/repository.mjs";

const HANDLER = "functions/shared/src/error.rs";
const TEXT = "this path belongs to another user";
const repository = new Repository();
let browser;
let page;
let streams = 0;

before(async () => {
  browser = await launch();
  await repository.make();
  await repository.watch();
  const { frontend } = JSON.parse(await repository.xtask("outputs", "--json"));
  const context = await newVisitor(browser, { baseURL: frontend.SiteUrl });
  page = await openPage(context, "about:blank");
  page.on("response", (response) => {
    if (response.headers()["content-type"]?.startsWith("text/event-stream")) streams += 1;
  });
  await page.goto("/login");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await expectListening(1);
});
after(async () => {
  await browser?.close();
  await repository.remove();
});

/** Waits until the page has begun to listen to the watch so many times: once at each of its loads. */
async function expectListening(times) {
  for (let left = 300; left > 0 && streams < times; left -= 1) await page.waitForTimeout(50);
  assert.equal(streams, times);
}

/** The page as it is now: a reload takes the mark away. */
const mark = () => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = () => page.evaluate(() => window.marked === true);

test("a page reloads by itself when a file of the frontend is saved, and shows it", async () => {
  await mark();
  repository.edit("frontend/src/views/login.ts", '    "Log in",\n    "",', '    "Log in, watched",\n    "",');
  await repository.told("Reloading 1 page");
  await page.getByRole("heading", { name: "Log in, watched" }).waitFor();
  assert.equal(await isMarked(), false);
  await expectListening(2);
  await repository.told("Watching");
  assert.deepEqual(page.problems, []);
});

test("it does so when a handler is saved, once the new one answers", async () => {
  await mark();
  const answer = async () => JSON.parse(await repository.xtask("invoke", "getTodos", "--json")).body;
  assert.ok((await answer()).includes(TEXT));
  repository.edit(HANDLER, TEXT, "watched");
  await repository.told("Reloading 1 page");
  await page.waitForFunction(() => !window.marked);
  await page.getByRole("heading", { name: "Log in, watched" }).waitFor();
  assert.ok((await answer()).includes("watched"));
  assert.deepEqual(page.problems, []);
});
