// What is on its way: skeletons that nothing moves after, few questions while somebody types, and tokens that end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addTodo, day, detail, enter, expectTitles, logOut, newUser, row } from "./support/app.mjs";
import { DESKTOP, launch, newVisitor, openPage, PHONE } from "./support/browser.mjs";
import { outputs } from "./support/environment.mjs";
import { CORS, TODOS_API } from "./support/network.mjs";
import { everythingSaid, expectNoToken, tokensOf } from "./support/secrets.mjs";

/** Milliseconds. */
const SLOW = 1_000;

let browser;
let context;
let page;
/** Everything that the page has asked for, has been at, and has said in its console. */
let said;
/** Every token that the page has had. */
const tokens = new Set();

before(async () => {
  browser = await launch();
  context = await newVisitor(browser);
  page = await openPage(context);
  said = everythingSaid(page);
  await enter(page, newUser("loading"));
  await addTodo(page, { title: "Milk the goats" });
  await addTodo(page, { title: "Buy milk", dateDue: day(1) });
  await addTodo(page, { title: "Late", dateDue: day(-1), description: "Since yesterday" });
});
after(() => browser?.close());

/** Answers of the API take their time. */
const slowDown = (tab = page) =>
  tab.route(TODOS_API, async (route) => {
    if (route.request().method() === "GET") await new Promise((resolve) => setTimeout(resolve, SLOW));
    await route.continue().catch(() => undefined);
  });

async function noteTokens() {
  for (const token of await tokensOf(page)) tokens.add(token);
}

/** Keeps what moves, and by how much, from the page's start on. */
const followShifts = (visitor) =>
  visitor.addInitScript(() => {
    window.shifts = [];
    window.observer = new PerformanceObserver((list) => window.note(list));
    window.note = (list) => {
      for (const entry of list.getEntries()) {
        const moved = entry.sources.map(({ node }) => node?.className || node?.nodeName);
        if (!entry.hadRecentInput) window.shifts.push(`${entry.value.toFixed(4)}: ${moved}`);
      }
    };
    window.observer.observe({ type: "layout-shift", buffered: true });
  });

/** What has moved until the frame after the next one: what is drawn now is measured then. */
const shiftsOf = (tab) =>
  tab.evaluate(async () => {
    for (const _ of [1, 2]) await new Promise((resolve) => requestAnimationFrame(resolve));
    window.note({ getEntries: () => window.observer.takeRecords() });
    return window.shifts;
  });

for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`${device}: while the list is on its way, bars of its shape say so, and nothing moves when it comes`, async () => {
    const visitor = await newVisitor(browser, { viewport, storageState: await context.storageState() });
    await followShifts(visitor);
    const tab = await openPage(visitor, "about:blank");
    await slowDown(tab);
    await tab.goto("/todos");
    const bars = tab.getByRole("status").filter({ hasText: "Loading" });
    await bars.waitFor();
    assert.ok((await bars.locator(".skeleton").count()) > 2);
    await row(tab, "Late").waitFor();
    await bars.waitFor({ state: "detached" });
    assert.deepEqual(await shiftsOf(tab), []);
    assert.deepEqual(tab.problems, []);
    await visitor.close();
  });
}

test("a todo that is opened by its address shows bars too, and says that it is busy", async () => {
  await page.getByRole("link", { name: "Late", exact: true }).click();
  await detail(page).getByRole("heading", { name: "Late" }).waitFor();
  const address = page.url();
  await slowDown();
  await page.goto(address);
  await page.locator("article[aria-busy=true] .skeleton").first().waitFor();
  await detail(page).getByRole("heading", { name: "Late" }).waitFor();
  assert.equal(await detail(page).locator(".skeleton").count(), 0);
  assert.equal(await detail(page).getAttribute("aria-busy"), "false");
  page.expectStatus(400, 404);
  await page.goto("/todos/nothing");
  await detail(page).getByRole("alert").waitFor();
  assert.equal(await detail(page).locator(".skeleton").count(), 0);
  await page.unroute(TODOS_API);
  await page.goto("/todos");
  await row(page, "Late").waitFor();
});

test("somebody who types quickly asks once, and an answer that is late is not waited for", async () => {
  const asked = [];
  const note = (request) => {
    const url = new URL(request.url());
    if (url.href.startsWith(outputs.todos.ApiUrl) && request.method() === "GET") {
      asked.push(url.searchParams.get("search"));
    }
  };
  const cancelled = [];
  const end = (request) => cancelled.push(new URL(request.url()).searchParams.get("search"));
  page.on("request", note);
  page.on("requestfailed", end);
  await page.getByRole("searchbox").pressSequentially("milk");
  await expectTitles(page, ["Buy milk", "Milk the goats"]);
  assert.deepEqual(asked, ["milk"]);
  await slowDown();
  const asking = page.waitForRequest(
    (request) => new URL(request.url()).searchParams.get("search") === "milk t",
  );
  await page.getByRole("searchbox").pressSequentially(" t");
  await asking;
  await page.getByRole("searchbox").fill("goats");
  await expectTitles(page, ["Milk the goats"]);
  assert.deepEqual(asked, ["milk", "milk t", "goats"]);
  assert.deepEqual(cancelled, ["milk t"]);
  page.off("request", note);
  page.off("requestfailed", end);
  await page.unroute(TODOS_API);
  await page.getByRole("searchbox").fill("");
  await expectTitles(page, ["Late", "Buy milk", "Milk the goats"]);
});

test("a token that ends while somebody types is replaced, and neither a letter nor the caret is lost", async () => {
  page.expectStatus(401);
  const answers = [];
  const sent = [];
  await page.route(TODOS_API, async (route) => {
    const request = route.request();
    if (request.method() !== "GET") return route.continue();
    sent.push(request.headers()["authorization"]);
    answers.push(answers.length === 0 ? "refused" : "answered");
    if (answers.length > 1) return route.continue();
    await new Promise((resolve) => setTimeout(resolve, SLOW / 2));
    return route.fulfill({ status: 401, headers: CORS, contentType: "application/json", body: "{}" });
  });
  const asking = page.waitForRequest((request) => request.url().includes("search=milk"));
  await page.getByRole("searchbox").pressSequentially("milk");
  await asking;
  const field = page.getByLabel("New todo");
  await field.fill("Around the  in 80 days");
  await field.evaluate((input) => input.setSelectionRange(11, 11));
  await field.pressSequentially("world", { delay: 250 });
  await expectTitles(page, ["Buy milk", "Milk the goats"]);
  assert.deepEqual(answers, ["refused", "answered"]);
  assert.equal(await field.inputValue(), "Around the world in 80 days");
  assert.deepEqual(
    await field.evaluate((input) => [document.activeElement === input, input.selectionStart]),
    [true, 16],
  );
  assert.equal(sent.length, 2);
  for (const header of sent) assert.match(header, /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  assert.notEqual(sent[0], sent[1], "the second try had a fresh token");
  for (const header of sent) tokens.add(header.replace("Bearer ", ""));
  await page.unroute(TODOS_API);
  await field.fill("");
});

test("no token of the session was in an address or in the console", async () => {
  await noteTokens();
  await logOut(page);
  assert.ok(tokens.size >= 3, "an ID token, an access token, a refresh token");
  const addresses = said.filter((text) => text.startsWith("http"));
  assert.ok(addresses.length > 10);
  assert.ok(
    addresses.some((url) => new URL(url).hash === "#search=milk"),
    "navigations are among them",
  );
  expectNoToken(said, tokens);
  assert.deepEqual(page.problems, []);
});
