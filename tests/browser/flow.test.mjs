// One user's way through the whole app, in the order in which people take it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import {
  addTodo,
  answerDialog,
  attach,
  callTodosApi,
  day,
  detail,
  enter,
  expectTitles,
  filesOf,
  logOut,
  newUser,
  openTodo,
  row,
} from "./support/app.mjs";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { outputs } from "./support/environment.mjs";
import { slowUploads } from "./support/network.mjs";

const FILE_NAME = "Überblick – résumé 日本語 🗂.bin";

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await openPage(await newVisitor(browser));
  await enter(page, newUser("flow"));
});
after(() => browser?.close());

test("todos are added with title, description and date, and stand in the list's order", async () => {
  await page.getByText("Nothing to do yet").waitFor();
  await addTodo(page, { title: "Without a date" });
  await addTodo(page, { title: "Next month", dateDue: day(30) });
  await addTodo(page, { title: "Late", description: "Since yesterday", dateDue: day(-1) });
  await addTodo(page, { title: "Today, first", dateDue: day(0) });
  await addTodo(page, { title: "Today, second", dateDue: day(0) });
  const expected = ["Late", "Today, second", "Today, first", "Next month", "Without a date"];
  await expectTitles(page, expected);
  await page.reload();
  await expectTitles(page, expected);
  assert.deepEqual(await page.locator(".group-title").allTextContents(), [
    "Overdue",
    "Today",
    "Later",
    "Without a date",
  ]);
});

test("search finds by keyword as one types, and takes it literally", async () => {
  const search = page.getByRole("searchbox", { name: "Search titles" });
  await search.fill("TODAY");
  await expectTitles(page, ["Today, second", "Today, first"]);
  await search.fill("(");
  await page.getByText("No todo has “(” in its title.").waitFor();
  await search.fill("");
  await expectTitles(page, ["Late", "Today, second", "Today, first", "Next month", "Without a date"]);
});

test("a completed todo goes to the end, can be filtered, and comes back when undone", async () => {
  await row(page, "Late").getByRole("checkbox").check();
  await expectTitles(page, ["Today, second", "Today, first", "Next month", "Without a date", "Late"]);
  await page.getByLabel("Done", { exact: true }).check({ force: true });
  await expectTitles(page, ["Late"]);
  await page.getByLabel("Open", { exact: true }).check({ force: true });
  await expectTitles(page, ["Today, second", "Today, first", "Next month", "Without a date"]);
  await page.getByLabel("All", { exact: true }).check({ force: true });
  await row(page, "Late").getByRole("checkbox").uncheck();
  await expectTitles(page, ["Late", "Today, second", "Today, first", "Next month", "Without a date"]);
  await row(page, "Late").getByRole("checkbox").check();
  await page.getByRole("button", { name: "Undo" }).click();
  await expectTitles(page, ["Late", "Today, second", "Today, first", "Next month", "Without a date"]);
});

test("a todo is read, changed, and annotated, and all of it is there after a reload", async () => {
  await openTodo(page, "Late");
  await detail(page).getByText("Since yesterday").waitFor();
  await detail(page).getByRole("button", { name: "Edit" }).click();
  await detail(page).getByLabel("Title").fill("Late, but changed");
  await detail(page).getByLabel("Due date").fill(day(3));
  await detail(page).getByRole("button", { name: "Save", exact: true }).click();
  await detail(page).getByRole("heading", { name: "Late, but changed" }).waitFor();
  await detail(page).getByRole("textbox", { name: "Notes" }).fill("First line\nSecond line — ünïcödé 🎉");
  await detail(page).getByRole("button", { name: "Save notes" }).click();
  await detail(page).getByText("Saved", { exact: true }).waitFor();

  await page.reload();
  await detail(page).getByRole("heading", { name: "Late, but changed" }).waitFor();
  await detail(page).getByText("Since yesterday").waitFor();
  assert.equal(
    await detail(page).getByRole("textbox", { name: "Notes" }).inputValue(),
    "First line\nSecond line — ünïcödé 🎉",
  );
  await expectTitles(page, [
    "Today, second",
    "Today, first",
    "Late, but changed",
    "Next month",
    "Without a date",
  ]);
});

test("a file goes up with progress, and the very same bytes come down", async () => {
  const bytes = randomBytes(1_500_000);
  const atFullSpeed = await slowUploads(page, 500_000);
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => {
      const bar = document.querySelector("progress");
      if (bar?.hasAttribute("value")) window.seen.push(bar.value / bar.max);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await attach(page, { name: FILE_NAME, mimeType: "application/octet-stream", buffer: bytes });
  await filesOf(page).getByRole("progressbar").waitFor();
  assert.equal(await filesOf(page).getByText("No files yet.").count(), 0);
  const link = filesOf(page).getByRole("link", { name: FILE_NAME });
  await link.waitFor({ timeout: 60_000 });
  await atFullSpeed();
  const seen = await page.evaluate(() => window.seen);
  assert.ok(
    seen.some((part) => part > 0 && part < 1),
    `no progress between 0 and 1 was shown, only ${JSON.stringify(seen)}`,
  );

  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), FILE_NAME);
  assert.ok(bytes.equals(await readFile(await download.path())), "the downloaded bytes differ");
});

test("an upload can be cancelled, and leaves nothing behind", async () => {
  const atFullSpeed = await slowUploads(page, 50_000);
  await attach(page, {
    name: "never.bin",
    mimeType: "application/octet-stream",
    buffer: randomBytes(2_000_000),
  });
  await filesOf(page).getByText("of 1.9 MB").waitFor();
  await filesOf(page).getByRole("button", { name: "Cancel" }).click();
  await atFullSpeed();
  await filesOf(page).getByText("never.bin").waitFor({ state: "detached" });
  await page.reload();
  await filesOf(page).getByRole("link", { name: FILE_NAME }).waitFor();
  assert.equal(await filesOf(page).getByText("never.bin").count(), 0);
});

test("a file is deleted after a question in the page, and stays after Cancel", async () => {
  const deletion = filesOf(page).getByRole("button", { name: `Delete ${FILE_NAME}` });
  await deletion.click();
  await answerDialog(page, "Cancel");
  await filesOf(page).getByRole("link", { name: FILE_NAME }).waitFor();
  await deletion.click();
  await answerDialog(page, "Delete");
  await filesOf(page).getByText("No files yet.").waitFor();
});

test("a todo is deleted, comes back by Undo, and once gone its address leads to a clear message", async () => {
  const address = page.url();
  const others = ["Today, second", "Today, first", "Next month", "Without a date"];
  await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
  await expectTitles(page, others);
  await page.getByRole("button", { name: "Undo" }).click();
  await expectTitles(page, others.toSpliced(2, 0, "Late, but changed"));
  await page.reload();
  await openTodo(page, "Late, but changed");
  await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
  await expectTitles(page, others);
  page.expectStatus(404);
  await page.goto(address);
  await detail(page).getByRole("alert").filter({ hasText: "does not exist" }).waitFor();
});

test("a long list comes page by page, each todo once", async () => {
  await page.goto("/todos");
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
  for (let number = 1; number <= 60; number += 1) {
    const body = { title: `Item ${String(number).padStart(2, "0")}`, dateDue: day(100 + number) };
    const answer = await callTodosApi(page, { method: "POST", path: "/add", body });
    assert.equal(answer.status, 201);
  }
  await page.reload();
  await page.locator(".row").first().waitFor();
  await page.locator(".row").last().scrollIntoViewIfNeeded();
  const items = Array.from({ length: 60 }, (_, index) => `Item ${String(index + 1).padStart(2, "0")}`);
  await expectTitles(page, ["Today, second", "Today, first", "Next month", ...items, "Without a date"]);
  assert.equal(await page.getByRole("button", { name: "Load more" }).count(), 0);
});

test("logging out revokes the session, and the whole way left no error and no policy violation", async () => {
  const refresh = await page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.endsWith(".refreshToken"));
    return { token: localStorage.getItem(key), clientId: key.split(".")[1] };
  });
  assert.equal(await renew(page, refresh), 200);
  await logOut(page);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.deepEqual(page.problems, []);

  page.expectStatus(400);
  assert.equal(await renew(page, refresh), 400);
});

/** Asks for new tokens as a page would, and gives the answer's status. */
function renew(page, refresh) {
  return page.evaluate(
    async ({ endpoint, token, clientId }) => {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": "AWSCognitoIdentityProviderService.GetTokensFromRefreshToken",
        },
        body: JSON.stringify({ ClientId: clientId, RefreshToken: token }),
      });
      return response.status;
    },
    { endpoint: outputs.auth.Endpoint, ...refresh },
  );
}
