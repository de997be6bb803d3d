// Phone and desktop, light and dark: the same app, nothing cut off, and usable by keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  addTodo,
  attach,
  day,
  detail,
  enter,
  expectNoSidewaysScroll,
  filesOf,
  focusOn,
  logIn,
  newUser,
  openTodo,
  register,
} from "./support/app.mjs";
import { DESKTOP, launch, newVisitor, openPage, PHONE } from "./support/browser.mjs";

const LONG = `Donaudampfschifffahrtsgesellschaftskapitän${"äöü".repeat(30)}`;
const user = newUser("layout");

let browser;

before(async () => {
  browser = await launch();
  const context = await newVisitor(browser);
  const page = await openPage(context);
  await enter(page, user);
  await addTodo(page, { title: "Short", description: "With a description", dateDue: day(1) });
  await addTodo(page, { title: LONG, description: LONG, dateDue: day(-400) });
  await context.close();
});
after(() => browser?.close());

/** On every width from a small phone to a wide screen. */
async function everyWidth(page) {
  const before = page.viewportSize();
  for (const width of [320, 360, 768, 1_280, 1_920]) {
    await page.setViewportSize({ width, height: 800 });
    await expectNoSidewaysScroll(page);
  }
  await page.setViewportSize(before);
}

test("from a small phone to a wide screen, no page is wider than its window", async () => {
  const context = await newVisitor(browser);
  const page = await openPage(context, "/login");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await everyWidth(page);
  await logIn(page, user);
  await page.getByRole("link", { name: LONG }).waitFor();
  await everyWidth(page);
  await openTodo(page, LONG);
  await everyWidth(page);
  await detail(page).getByRole("button", { name: "Edit" }).click();
  await everyWidth(page);
  await detail(page).getByRole("button", { name: "Cancel" }).click();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await everyWidth(page);
  assert.deepEqual(page.problems, []);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`${colorScheme}: the pages before the login, with their errors, fit every width and follow the colours`, async () => {
    const context = await newVisitor(browser, { colorScheme });
    const page = await openPage(context, "/register");
    const check = async () => {
      await everyWidth(page);
      assert.equal((await brightness(page)) > 128, colorScheme === "light");
    };
    const newcomer = newUser(`a-very-long-address-${"x".repeat(40)}`);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("Enter an e-mail address").waitFor();
    await check();
    await page.getByRole("link", { name: "Log in" }).click();
    await register(page, newcomer);
    await page.getByText(newcomer.email).waitFor();
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await page.getByText("Enter the six digits").waitFor();
    await check();
    await page.getByRole("link", { name: "Back to the login" }).click();
    await page.getByRole("link", { name: "Forgot the password?" }).click();
    await page.getByRole("heading", { name: "Forgot the password?" }).waitFor();
    await check();
    await page.getByRole("button", { name: "Send a code" }).click();
    await page.getByRole("heading", { name: "Set a new password" }).waitFor();
    await page.getByRole("button", { name: "Set the password" }).click();
    await check();
    await page.goto("/nowhere");
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await check();
    assert.deepEqual(page.problems, []);

    page.expectStatus(500);
    await page.route(/\/config[^/]*\.json$/, (route) => route.fulfill({ status: 500, body: "" }));
    await page.goto("/");
    await page.getByRole("heading", { name: "The app can't start" }).waitFor();
    await check();
    assert.deepEqual(page.problems, []);
    await context.close();
  });
}

function brightness(page) {
  return page.evaluate(() => {
    const channels = getComputedStyle(document.body)
      .backgroundColor.match(/[\d.]+/g)
      .map(Number);
    return (channels[0] + channels[1] + channels[2]) / 3;
  });
}

for (const [device, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${device}, ${colorScheme}: every page fits and follows the colour scheme`, async () => {
      const context = await newVisitor(browser, { viewport, colorScheme });
      const page = await openPage(context, "/login");
      await page.getByRole("heading", { name: "Log in" }).waitFor();
      await expectNoSidewaysScroll(page);
      assert.equal((await brightness(page)) > 128, colorScheme === "light");
      await logIn(page, user);
      await openTodo(page, LONG);
      await expectNoSidewaysScroll(page);
      const list = page.getByRole("region", { name: "Todos" });
      assert.equal(await list.isVisible(), device === "desktop");
      await detail(page).getByRole("link", { name: "All todos" }).click();
      await list.waitFor();
      await expectNoSidewaysScroll(page);
      assert.deepEqual(page.problems, []);
      await context.close();
    });
  }
}

test("a todo is added, opened and closed with the keyboard alone, and the focus goes along", async () => {
  const context = await newVisitor(browser);
  const page = await openPage(context, "/login");
  await logIn(page, user);
  await page.getByLabel("New todo").focus();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "By keyboard" }).waitFor();
  await page.getByRole("link", { name: "By keyboard" }).focus();
  await page.keyboard.press("Enter");
  await detail(page).getByRole("heading", { name: "By keyboard" }).waitFor();
  await focusOn(page, "By keyboard");
  await detail(page).getByRole("button", { name: "Delete", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Undo" }).focus();
  await page.keyboard.press("Enter");
  await focusOn(page, "By keyboard");
  await page.keyboard.press("Enter");
  await detail(page).getByRole("link", { name: "All todos" }).focus();
  await page.keyboard.press("Enter");
  await detail(page).waitFor({ state: "detached" });
  await focusOn(page, "By keyboard");
  assert.deepEqual(page.problems, []);
  await context.close();
});

test("a row that is drawn anew under an open question gets the focus back", async () => {
  const context = await newVisitor(browser);
  const page = await openPage(context, "/login");
  await logIn(page, user);
  await openTodo(page, "Short");
  const file = (name) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(name) });
  await attach(page, file("first.bin"));
  const removal = filesOf(page).getByRole("button", { name: "Delete first.bin" });
  await removal.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await attach(page, file("second.bin"));
  await page.getByText("second.bin", { exact: true }).waitFor();
  await page.locator(".file a").nth(1).waitFor();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Delete first.bin");
  assert.deepEqual(page.problems, []);
  await context.close();
});

test("a configuration that can't be loaded is a clear message in the page", async () => {
  const context = await newVisitor(browser);
  const page = await openPage(context, "about:blank");
  page.expectStatus(500);
  await page.route(/\/config[^/]*\.json$/, (route) => route.fulfill({ status: 500, body: "" }));
  await page.goto("/");
  await page.getByRole("alert").filter({ hasText: "The app can't start" }).waitFor();
  await page.getByRole("alert").filter({ hasText: "answered 500" }).waitFor();
  assert.deepEqual(page.problems, []);
  await context.close();
});
