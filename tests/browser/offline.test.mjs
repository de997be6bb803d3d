// Bad networks: what is changed shows at once, is kept, and reaches the API once.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  addTodo,
  callTodosApi,
  detail,
  enter,
  expectTitles,
  newUser,
  openTodo,
  row,
} from "./support/app.mjs";
import { expectAccessible } from "./support/axe.mjs";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { CORS, TODOS_API } from "./support/network.mjs";

let browser;
let context;
let page;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  context = await newVisitor(browser);
  page = await openPage(context);
  await enter(page, newUser("offline"));
});
afterEach(() => context.close());

const banner = (text) => page.locator(".connection").getByText(text);

/** What the API itself says, past everything that this page believes. */
async function stored(tab = page) {
  const { body } = await callTodosApi(tab, { method: "GET", path: "" });
  return JSON.parse(body).todos.map(({ title, completed }) => `${title}${completed ? " ✓" : ""}`);
}

/** Waits until the API says so: what is shown here may still be on its way there. */
async function expectStored(expected, tab = page) {
  for (let left = 100; left > 0; left -= 1) {
    if (JSON.stringify(await stored(tab)) === JSON.stringify(expected)) return;
    await tab.waitForTimeout(50);
  }
  assert.deepEqual(await stored(tab), expected);
}

async function typeAndAdd(title, tab = page) {
  const form = tab.getByRole("form", { name: "Add a todo" });
  await form.getByLabel("New todo").fill(title);
  await form.getByRole("button", { name: "Add" }).click();
}

/** The requests that add a todo, by their Idempotency-Key. */
function keysOf(tab) {
  const keys = [];
  tab.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/add")) {
      keys.push(request.headers()["idempotency-key"]);
    }
  });
  return keys;
}

test("offline, todos are added, changed, completed and deleted, and all of it is sent on the way back", async () => {
  for (const title of ["Doomed", "Changed", "Ticked"]) await addTodo(page, { title });
  await openTodo(page, "Changed");
  await context.setOffline(true);
  await banner("You're offline.").waitFor();
  await detail(page).getByRole("textbox", { name: "Notes" }).fill("Written in a tunnel");
  await detail(page).getByRole("button", { name: "Save notes" }).click();
  await detail(page).getByText("Kept on this device, not sent yet").waitFor();
  await detail(page).getByRole("button", { name: "Edit" }).click();
  await detail(page).getByLabel("Title").fill("Changed offline");
  await detail(page).getByRole("button", { name: "Save", exact: true }).click();
  await detail(page).getByRole("heading", { name: "Changed offline" }).waitFor();
  await page.getByRole("link", { name: "Doomed", exact: true }).click();
  await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
  // The notice of this one takes the deletion's place, and with it the Undo.
  await row(page, "Ticked").getByRole("checkbox").check();
  await typeAndAdd("Added in a tunnel");
  await expectTitles(page, ["Added in a tunnel", "Changed offline", "Ticked"]);
  await banner("5 changes are kept on this device").waitFor();
  await expectAccessible(page, "the list while offline");
  await page.locator(".row").filter({ hasText: "Added in a tunnel" }).getByText("Not sent yet").waitFor();

  await context.setOffline(false);
  await page.locator(".connection p").waitFor({ state: "detached" });
  await row(page, "Added in a tunnel").waitFor();
  await page.getByText("Not sent yet").waitFor({ state: "detached" });
  assert.deepEqual(await stored(), ["Added in a tunnel", "Changed offline", "Ticked ✓"]);
  await openTodo(page, "Changed offline");
  assert.equal(
    await detail(page).getByRole("textbox", { name: "Notes" }).inputValue(),
    "Written in a tunnel",
  );
});

test("what waits survives a reload, and is sent once, under one key", async () => {
  await context.route(TODOS_API, (route) => route.abort());
  await typeAndAdd("Waiting");
  await banner("The server can't be reached. 1 change is kept").waitFor();
  await page.locator(".row").filter({ hasText: "Waiting" }).getByRole("checkbox").check();
  await banner("2 changes are kept").waitFor();
  await page.reload();
  await banner("2 changes are kept").waitFor();
  const keys = keysOf(page);
  await context.unroute(TODOS_API);
  await page.getByRole("button", { name: "Try now" }).click();
  await page.locator(".connection p").waitFor({ state: "detached" });
  await page.reload();
  await expectTitles(page, ["Waiting"]);
  assert.deepEqual(await stored(), ["Waiting ✓"]);
  assert.equal(new Set(keys).size, 1);
});

test("two tabs share what waits, and send it once", async () => {
  const other = await openPage(context, "/todos");
  await other.getByText("Nothing to do yet").waitFor();
  const keys = [keysOf(page), keysOf(other)];
  await context.setOffline(true);
  await typeAndAdd("From one tab");
  await typeAndAdd("From the other", other);
  await other.locator(".connection").getByText("2 changes are kept").waitFor();
  await context.setOffline(false);
  for (const tab of [page, other]) await tab.locator(".connection p").waitFor({ state: "detached" });
  await expectTitles(page, ["From the other", "From one tab"]);
  await expectTitles(other, ["From the other", "From one tab"]);
  assert.deepEqual(await stored(), ["From the other", "From one tab"]);
  assert.equal(new Set(keys.flat()).size, 2);
});

test("on a slow network everything shows at once, and the form is free for the next todo", async () => {
  await addTodo(page, { title: "To be ticked" });
  await page.route(TODOS_API, async (route) => {
    if (route.request().method() !== "OPTIONS") await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  const start = Date.now();
  await row(page, "To be ticked").getByRole("checkbox").check();
  await typeAndAdd("First");
  await typeAndAdd("Second");
  await page.locator(".row").filter({ hasText: "Second" }).waitFor();
  assert.deepEqual(await page.locator(".row-title").allTextContents(), ["Second", "First", "To be ticked"]);
  const took = Date.now() - start;
  assert.ok(took < 1_400, `it took ${took} ms, as long as an answer`);
  assert.equal(await page.locator(".connection p").count(), 0);
  await row(page, "Second").waitFor();
  assert.deepEqual(await stored(), ["Second", "First", "To be ticked ✓"]);
  assert.deepEqual(page.problems, []);
});

test("what the API refuses is taken back, and the text returns to the form with the reason", async () => {
  page.expectStatus(422);
  await page.route(`${TODOS_API}/add`, (route) => {
    if (route.request().method() === "OPTIONS") return route.fallback();
    return route.fulfill({
      status: 422,
      headers: CORS,
      json: {
        error: {
          code: "unprocessable",
          message: "Not like this.",
          fields: { title: "must have 1 to 200 characters" },
        },
      },
    });
  });
  await typeAndAdd("Refused");
  const form = page.getByRole("form", { name: "Add a todo" });
  await form
    .getByRole("alert")
    .filter({ hasText: "The server does not take this todo. Change what is not right" })
    .waitFor();
  await form.getByText("The title must have 1 to 200 characters.").waitFor();
  assert.equal(await form.getByLabel("New todo").inputValue(), "Refused");
  await expectTitles(page, []);
  assert.deepEqual(await stored(), []);
  assert.deepEqual(page.problems, []);
});

test("what is refused after it was kept for later is told until it is dismissed, and nothing of it is lost", async () => {
  page.expectStatus(404);
  await addTodo(page, { title: "Deleted elsewhere" });
  await openTodo(page, "Deleted elsewhere");
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const other = await openPage(await newVisitor(browser, { storageState: await context.storageState() }));
  await other.getByRole("heading", { name: "Your todos" }).waitFor();
  await context.setOffline(true);
  await detail(page).getByRole("textbox", { name: "Notes" }).fill("Written in\na tunnel");
  await detail(page).getByRole("button", { name: "Save notes" }).click();
  await detail(page).getByText("Kept on this device, not sent yet").waitFor();
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await callTodosApi(other, { method: "DELETE", path: `/${id}/delete` });
  await context.setOffline(false);
  const refusal = page.getByRole("alert").filter({ hasText: "the notes were not saved" });
  await refusal
    .getByText("“Deleted elsewhere”: the notes were not saved. The todo of these notes does not exist")
    .waitFor();
  assert.ok(
    await refusal.evaluate(
      (element) =>
        element.getBoundingClientRect().top < innerHeight / 2 && element.getBoundingClientRect().top >= 0,
    ),
  );
  assert.equal(await refusal.locator(".refusal-text").textContent(), "Written in\na tunnel");
  await expectAccessible(page, "the list with a change that was refused");
  await refusal.getByRole("button", { name: "Dismiss" }).click();
  await refusal.waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement !== document.body);
  await other.context().close();
});

test("Undo of a todo that was ticked before the API knew it is of that very todo", async () => {
  await page.route(`${TODOS_API}/add`, async (route) => {
    if (route.request().method() !== "OPTIONS") await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue();
  });
  await typeAndAdd("Quick");
  await page.locator(".row").filter({ hasText: "Quick" }).getByRole("checkbox").check();
  await row(page, "Quick").waitFor();
  // The tick is told before it is taken back: otherwise there would be nothing to undo.
  await expectStored(["Quick ✓"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Reopened “Quick”.").waitFor();
  await expectStored(["Quick"]);
  await expectTitles(page, ["Quick"]);
  assert.deepEqual(page.problems, []);
});

test("a deletion can be undone although news arrives, and another tab is closed", async () => {
  await addTodo(page, { title: "Kept" });
  const other = await openPage(context, "/todos");
  await row(other, "Kept").waitFor();
  await page.route(`${TODOS_API}/add`, async (route) => {
    if (route.request().method() !== "OPTIONS") await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue();
  });
  await typeAndAdd("News");
  await openTodo(page, "Kept");
  await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
  await other.close({ runBeforeUnload: true });
  await page.getByText("Added “News”.").waitFor();
  assert.deepEqual((await stored()).sort(), ["Kept", "News"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, "Kept").waitFor();
  await page.reload();
  await expectTitles(page, ["News", "Kept"]);
  assert.deepEqual(page.problems, []);
});

test("a deletion that is undone is never sent, and one that isn't goes out with the page", async () => {
  await addTodo(page, { title: "Kept" });
  await addTodo(page, { title: "Gone" });
  const deletions = [];
  page.on("request", (request) => {
    if (request.method() === "DELETE") deletions.push(request.url());
  });
  await openTodo(page, "Kept");
  await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, "Kept").waitFor();
  assert.deepEqual(deletions, []);

  await openTodo(page, "Gone");
  await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
  await expectTitles(page, ["Kept"]);
  assert.deepEqual(await stored(), ["Gone", "Kept"]);
  const witness = await openPage(context, "/todos");
  await page.close();
  await expectStored(["Kept"], witness);
  page = witness;
});

test("logging out with unsent changes asks first, and Cancel keeps them", async () => {
  await context.setOffline(true);
  await typeAndAdd("Unsent");
  await banner("1 change is kept").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("dialog").getByText("1 change has not reached the server").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await context.setOffline(false);
  await row(page, "Unsent").waitFor();
  assert.deepEqual(await stored(), ["Unsent"]);
});
