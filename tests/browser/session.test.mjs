// Sessions: what ends them, what survives their end, and who sees what.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  addTodo,
  callTodosApi,
  detail,
  enter,
  expectTitles,
  logIn,
  logOut,
  newUser,
  openTodo,
  row,
} from "./support/app.mjs";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { CORS, TODOS_API } from "./support/network.mjs";
import { everythingSaid, expectNoToken, tokensOf } from "./support/secrets.mjs";

let browser;
let context;
let page;
let user;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  context = await newVisitor(browser);
  page = await openPage(context);
  user = newUser("session");
  await enter(page, user);
});
afterEach(() => context.close());

async function typeNewTodo() {
  const form = page.getByRole("form", { name: "Add a todo" });
  await form.getByLabel("New todo").fill("Typed before the end");
  await form.getByLabel("Description").fill("All of this must survive");
  await form.getByLabel("Due date").fill("2031-02-03");
  return form;
}

async function expectTyped() {
  const form = page.getByRole("form", { name: "Add a todo" });
  await form.waitFor();
  assert.equal(await form.getByLabel("New todo").inputValue(), "Typed before the end");
  assert.equal(await form.getByLabel("Description").inputValue(), "All of this must survive");
  assert.equal(await form.getByLabel("Due date").inputValue(), "2031-02-03");
  return form;
}

test("an API that refuses the token leads to the login, and the todo is added after it by itself", async () => {
  page.expectStatus(401);
  let refused = 0;
  await page.route(`${TODOS_API}/add`, async (route) => {
    if (route.request().method() === "OPTIONS") return route.fallback();
    refused += 1;
    await route.fulfill({
      status: 401,
      headers: CORS,
      contentType: "application/json",
      body: '{"message":"Unauthorized"}',
    });
  });
  const form = await typeNewTodo();
  await form.getByRole("button", { name: "Add" }).click();
  await page.getByText("Your session has ended").waitFor();
  assert.equal(new URL(page.url()).pathname, "/login");
  assert.equal(refused, 2, "one try with the old token, one with a fresh one");

  await page.unroute(`${TODOS_API}/add`);
  await logIn(page, user);
  await expectTitles(page, ["Typed before the end"]);
  await page.reload();
  await expectTitles(page, ["Typed before the end"]);
  assert.deepEqual(page.problems, []);
});

test("tokens that are gone lead to the login, and whatever was being typed is kept", async () => {
  await addTodo(page, { title: "With notes" });
  await openTodo(page, "With notes");
  const address = page.url();
  await detail(page).getByRole("textbox", { name: "Notes" }).fill("Half a thought");
  await detail(page).getByRole("button", { name: "Edit" }).click();
  await detail(page).getByLabel("Title").fill("With notes and a new title");
  await typeNewTodo();
  await page.evaluate(() => localStorage.clear());
  await detail(page).getByRole("button", { name: "Save notes" }).click();
  await page.getByText("Your session has ended").waitFor();
  await logIn(page, user);
  await detail(page).waitFor();
  assert.equal(page.url(), address);
  assert.equal(await detail(page).getByRole("textbox", { name: "Notes" }).inputValue(), "Half a thought");
  assert.equal(await detail(page).getByLabel("Title").inputValue(), "With notes and a new title");
  await expectTyped();
  assert.deepEqual(page.problems, []);
});

test("notes that another tab saved are shown, and a draft on older ones is told so", async () => {
  const notesOf = (tab) => detail(tab).getByRole("textbox", { name: "Notes" });
  const save = async (tab, text) => {
    await notesOf(tab).fill(text);
    await detail(tab).getByRole("button", { name: "Save notes" }).click();
    await detail(tab).getByText("Saved", { exact: true }).waitFor();
  };
  await addTodo(page, { title: "Shared" });
  const other = await openPage(context, "/todos");
  await openTodo(other, "Shared");
  await save(other, "From the other tab");

  await openTodo(page, "Shared");
  await page.waitForFunction(
    () => document.querySelector("textarea[name=notes]")?.value === "From the other tab",
  );
  await notesOf(page).fill("A draft");
  await save(other, "From the other tab again");
  await page.getByRole("link", { name: "Todo", exact: true }).click();
  await openTodo(page, "Shared");
  await detail(page).getByText("Other notes were saved meanwhile").waitFor();
  assert.equal(await notesOf(page).inputValue(), "A draft");
  assert.deepEqual([...page.problems, ...other.problems], []);
});

test("a submission whose answer is lost is sent again by itself, and not added twice", async () => {
  const keys = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/add")) {
      keys.push(request.headers()["idempotency-key"]);
    }
  });
  await page.addInitScript(() => {
    const send = window.fetch;
    let lost = false;
    window.fetch = async (url, options) => {
      const response = await send(url, options);
      if (lost || !String(url).endsWith("/add")) return response;
      lost = true;
      throw new TypeError("the connection broke after the server had done its work");
    };
  });
  await page.reload();
  const form = await typeNewTodo();
  await form.getByRole("button", { name: "Add" }).click();
  await page.getByText("1 change is kept on this device").waitFor();
  await page.getByText("1 change is kept on this device").waitFor({ state: "detached" });
  await expectTitles(page, ["Typed before the end"]);
  await page.reload();
  await expectTitles(page, ["Typed before the end"]);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.match(keys[0], /^[0-9a-f-]{36}$/);
});

test("a reload keeps the session, and no address in the bar ever carries a secret", async () => {
  const said = everythingSaid(page);
  await page.reload();
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
  await page.goto("/login");
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
  const url = new URL(page.url());
  assert.equal(url.pathname + url.search + url.hash, "/todos");
  const tokens = await tokensOf(page);
  assert.ok(tokens.length >= 3, "an ID token, an access token, a refresh token");
  expectNoToken(said, tokens);
  assert.deepEqual(page.problems, []);
});

test("a logout in one tab is a logout in the others", async () => {
  const other = await openPage(context, "/todos");
  await other.getByRole("heading", { name: "Your todos" }).waitFor();
  await logOut(page);
  await other.getByRole("heading", { name: "Log in" }).waitFor();
  assert.deepEqual([...page.problems, ...other.problems], []);
});

test("a second user sees nothing of the first, in another browser or in the same one", async () => {
  await addTodo(page, { title: "Only mine" });
  await openTodo(page, "Only mine");
  const address = page.url();
  await page.goto("/todos");
  await row(page, "Only mine").waitFor();
  await page.getByRole("form", { name: "Add a todo" }).getByLabel("New todo").fill("A private draft");

  const stranger = await newVisitor(browser);
  const strangersPage = await openPage(stranger);
  strangersPage.expectStatus(404, 403);
  await enter(strangersPage, newUser("stranger"));
  await strangersPage.getByText("Nothing to do yet").waitFor();
  const path = `/${new URL(address).pathname.split("/").at(-1)}`;
  const answer = await callTodosApi(strangersPage, { method: "GET", path });
  assert.equal(answer.status, 404);
  await strangersPage.goto(address);
  await detail(strangersPage).getByRole("alert").filter({ hasText: "does not exist" }).waitFor();
  assert.deepEqual(strangersPage.problems, []);
  await stranger.close();

  await logOut(page);
  await enter(page, newUser("successor"));
  await page.getByText("Nothing to do yet").waitFor();
  assert.equal(await page.getByLabel("New todo").inputValue(), "");
  assert.equal(await page.getByText("Only mine").count(), 0);
  assert.deepEqual(page.problems, []);
});
