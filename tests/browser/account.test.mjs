// Accounts: the way in, the way out, and what can go wrong on the way.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { confirm, enter, logIn, logOut, newUser, register } from "./support/app.mjs";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { outputs, RESET_CODE } from "./support/environment.mjs";

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
});
afterEach(() => context.close());

test("a wrong code is an error in the page, the right one leads to the login", async () => {
  const user = newUser("ada");
  page.expectStatus(400);
  await register(page, user);
  await confirm(page, "000000");
  await page.getByRole("alert").filter({ hasText: "That code is not right" }).waitFor();

  await page.getByRole("button", { name: "Send a new code" }).click();
  await page.getByText("A new code is on its way.").waitFor();
  await confirm(page);
  await page.getByText("Your e-mail address is confirmed").waitFor();
  await logIn(page, user);
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("a wrong password is refused, and the address may be written in capitals", async () => {
  const user = newUser("grace");
  page.expectStatus(400);
  await enter(page, user);
  await logOut(page);

  await logIn(page, { ...user, password: "not the password" });
  await page.getByRole("alert").filter({ hasText: "E-mail address or password is wrong" }).waitFor();
  await logIn(page, { ...user, email: user.email.toUpperCase() });
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("bad input is told beside its field before anything is sent", async () => {
  let asked = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") asked += 1;
  });
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill("nobody");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  assert.equal(await page.getByLabel("E-mail").getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("Password").getAttribute("aria-invalid"), "true");
  assert.equal(asked, 0);
  assert.deepEqual(page.problems, []);
});

test("an address that has an account can't have a second one", async () => {
  const user = newUser("edith");
  page.expectStatus(400);
  await register(page, user);
  await page.getByRole("link", { name: "Back to the login" }).click();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("alert").filter({ hasText: "already an account" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("an unconfirmed account is led to its code", async () => {
  const user = newUser("joan");
  page.expectStatus(400);
  await register(page, user);
  await page.getByRole("link", { name: "Back to the login" }).click();
  await logIn(page, user);
  await page.getByRole("heading", { name: "Check your e-mail" }).waitFor();
  await page.locator(".banner + form").waitFor();
  await page.locator(".banner").getByText("not confirmed yet").waitFor();
  await confirm(page);
  await page.getByText("Your e-mail address is confirmed").waitFor();
  assert.deepEqual(page.problems, []);
});

test("a code that can't be sent is an alert, until one is", async () => {
  const service = `${outputs.auth.Endpoint}/**`;
  await register(page, newUser("hedy"));
  await page.route(service, (route) => route.abort());
  await page.getByRole("button", { name: "Send a new code" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "can't be reached. Check the connection" });
  await alert.waitFor();
  await page.unroute(service);
  await page.getByRole("button", { name: "Send a new code" }).click();
  await page.getByText("A new code is on its way.").waitFor();
  assert.equal(await alert.count(), 0);
  assert.ok(page.problems.length > 0);
  for (const problem of page.problems) assert.match(problem, /ERR_FAILED/);
});

test("a forgotten password is set anew, and the old one is refused", async () => {
  const user = newUser("mary");
  page.expectStatus(400);
  await enter(page, user);
  await logOut(page);
  const password = "another passphrase entirely";
  await page.getByRole("link", { name: "Forgot the password?" }).click();
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByRole("button", { name: "Send a code" }).click();
  await page.getByRole("textbox", { name: "Code" }).fill(RESET_CODE);
  await page.getByRole("textbox", { name: "New password" }).fill(password);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your new password is set").waitFor();

  await logIn(page, user);
  await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
  await logIn(page, { ...user, password });
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
  assert.deepEqual(page.problems, []);
});
