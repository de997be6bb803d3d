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
  enter,
  filesOf,
  logIn,
  newUser,
  openTodo,
  row,
} from "./support/app.mjs";
import { expectAccessible } from "./support/axe.mjs";
import { DESKTOP, launch, newVisitor, openPage, PHONE } from "./support/browser.mjs";
import { CORS, slowUploads, TODOS_API } from "./support/network.mjs";

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
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByRole("button", { name: "Send a code" }).click();
  await page.getByRole("textbox", { name: "New password" }).waitFor();
  await check("the new password");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Enter the six digits").waitFor();
  await check("the new password with errors");
  await page.getByRole("link", { name: "Back to the login" }).click();
  await page.getByRole("link", { name: "Create an account" }).click();
  await check("the registration");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Enter at least 12 characters.").waitFor();
  await check("the registration with an error");
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Check your e-mail" }).waitFor();
  await check("the confirmation");
  await confirm(page, "000000");
  await page.getByRole("alert").filter({ hasText: "That code is not right" }).waitFor();
  await check("the confirmation with an error");
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
  const form = detail(page).getByRole("form", { name: "Change the todo" });
  assert.equal(await form.getByRole("heading").textContent(), "Change the todo");
  assert.equal(await form.getAttribute("aria-label"), null, "it is named by its heading");
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

for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`${device}: axe-core finds nothing on any screen, in light and in dark colours`, async () => {
    const context = await newVisitor(browser, { viewport });
    await walk(await openPage(context));
    await context.close();
  });
}

for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`${device}: axe-core finds nothing where something fails, waits or asks`, () => troubles(viewport));
}

/** Takes out what has gone wrong since the last time: it must be of these kinds, each of them there. */
function expectProblems(page, ...kinds) {
  const problems = page.problems.splice(0);
  assert.deepEqual(
    problems.filter((problem) => !kinds.some((kind) => kind.test(problem))),
    [],
  );
  for (const kind of kinds)
    assert.ok(
      problems.some((problem) => kind.test(problem)),
      `nothing of ${kind}`,
    );
}

async function troubles(viewport) {
  const context = await newVisitor(browser, { viewport });
  const page = await openPage(context);
  const check = async (screen, ...provoked) => {
    await expectAccessible(page, screen);
    expectProblems(page, ...provoked);
  };
  const user = newUser("axe-states");
  await enter(page, user);
  await addTodo(page, { title: "Here" });

  await page.route(TODOS_API, (route) => route.fulfill({ status: 400, headers: CORS, body: "{}" }));
  await page.reload();
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await check("a list that could not be loaded", /status of 400 .*\/todos\?limit=/);
  await page.unroute(TODOS_API);
  await page.getByRole("button", { name: "Try again" }).click();
  await openTodo(page, "Here");

  const atFullSpeed = await slowUploads(page, 50_000);
  await attach(page, {
    name: "slow.bin",
    mimeType: "application/octet-stream",
    buffer: randomBytes(1_000_000),
  });
  await filesOf(page).getByText("of 976.6 kB").waitFor();
  await check("an upload under way");
  await filesOf(page).getByRole("button", { name: "Cancel" }).press("Enter");
  await filesOf(page).getByText("slow.bin").waitFor({ state: "detached" });
  await atFullSpeed();
  expectProblems(page);

  await context.setOffline(true);
  await page.locator(".connection").getByText("offline", { exact: false }).waitFor();
  await check("the banner of a lost connection");
  await detail(page).getByRole("button", { name: "Complete" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("dialog").waitFor();
  await check("the question before changes are lost", /ERR_INTERNET_DISCONNECTED/);
  await context.close();

  const broken = await openPage(await newVisitor(browser, { viewport }), "about:blank");
  await broken.route(/\/workspace-[^/]*\.js$/, (route) => route.abort());
  await broken.goto("/");
  await logIn(broken, user);
  await broken.getByRole("alert").filter({ hasText: "could not be loaded" }).waitFor();
  await expectAccessible(broken, "a page that could not be loaded");
  expectProblems(broken, /ERR_FAILED .*\/workspace-/);
  await broken.context().close();

  const stopped = await openPage(await newVisitor(browser, { viewport }), "about:blank");
  await stopped.route(/\/config[^/]*\.json$/, (route) => route.fulfill({ status: 500, body: "" }));
  await stopped.goto("/");
  await stopped.getByRole("alert").filter({ hasText: "The app can't start" }).waitFor();
  await expectAccessible(stopped, "an app that can't start");
  expectProblems(stopped, /status of 500 .*\/config/);
  await stopped.context().close();
}
