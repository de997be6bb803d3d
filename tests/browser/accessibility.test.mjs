// Every screen in both themes against axe-core's WCAG 2.2 AA rules.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import {
  addTodo,
  attach,
  confirm,
  day,
  detail,
  filesOf,
  logIn,
  newUser,
  openTodo,
  row,
} from "./support/app.mjs";
import { expectAccessible } from "./support/axe.mjs";
import { launch, newVisitor, openPage } from "./support/browser.mjs";

let browser;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** From the first page to the last, with a check on each. */
async function walk(page) {
  const user = newUser("axe");
  const check = (screen) => expectAccessible(page, screen);
  page.expectStatus(400, 404);

  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await check("the login");
  await page.getByRole("button", { name: "Log in" }).click();
  await check("the login with errors");
  await page.getByRole("link", { name: "Forgot the password?" }).click();
  await page.getByRole("heading", { name: "Forgot the password?" }).waitFor();
  await check("the forgotten password");
  await page.getByRole("link", { name: "Back to the login" }).click();
  await page.getByRole("link", { name: "Create an account" }).click();
  await check("the registration");
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Check your e-mail" }).waitFor();
  await check("the confirmation");
  await confirm(page);
  await page.getByText("Your e-mail address is confirmed").waitFor();
  await check("the login after the confirmation");
  await logIn(page, user);

  await page.getByText("Nothing to do yet").waitFor();
  await check("the empty list");
  await addTodo(page, { title: "Late", description: "A description", dateDue: day(-1) });
  await addTodo(page, { title: "Today", dateDue: day(0) });
  await addTodo(page, { title: "Sometime" });
  await row(page, "Sometime").getByRole("checkbox").check();
  await page.getByText("Completed “Sometime”.").waitFor();
  await check("the list with a notice");
  await openTodo(page, "Late");
  await attach(page, { name: "a.pdf", mimeType: "application/pdf", buffer: randomBytes(2_000) });
  await filesOf(page).getByRole("link", { name: "a.pdf" }).waitFor({ timeout: 60_000 });
  await check("a todo with a file");
  await filesOf(page).getByRole("button", { name: "Delete a.pdf" }).click();
  await page.getByRole("dialog").waitFor();
  await check("the question before a deletion");
  await page.keyboard.press("Escape");
  await detail(page).getByRole("button", { name: "Edit" }).click();
  await detail(page).getByLabel("Title").fill("");
  await detail(page).getByRole("button", { name: "Save", exact: true }).click();
  await check("the edit form with an error");
  await detail(page).getByRole("button", { name: "Cancel" }).click();
  await page.goto("/todos/nothing");
  await detail(page).getByRole("alert").filter({ hasText: "does not exist" }).waitFor();
  await check("a todo that does not exist");
  await page.goto("/nowhere");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await check("an unknown path");
  assert.deepEqual(page.problems, []);
}

test("axe-core finds nothing on any screen, in light and in dark colours", async () => {
  const context = await newVisitor(browser);
  await walk(await openPage(context));
  await context.close();
});
