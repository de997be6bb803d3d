// The app as its users know it: what they click and type, by the names that assistive technology sees.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { outputs, SIGN_UP_CODE } from "./environment.mjs";

export function newUser(name) {
  return { email: `${name}-${randomUUID()}@example.com`, password: `correct horse ${randomUUID()}` };
}

export async function register(page, user) {
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Check your e-mail" }).waitFor();
}

export async function confirm(page, code = SIGN_UP_CODE) {
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Confirm", exact: true }).click();
}

export async function logIn(page, user) {
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Log in" }).click();
}

export async function logOut(page) {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
}

/** Registers, confirms and logs in, up to the list. */
export async function enter(page, user) {
  await register(page, user);
  await confirm(page);
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await logIn(page, user);
  await page.getByRole("heading", { name: "Your todos" }).waitFor();
}

export async function addTodo(page, { title, description = "", dateDue = "" }) {
  const form = page.getByRole("form", { name: "Add a todo" });
  await form.getByLabel("New todo").fill(title);
  if (description) await form.getByLabel("Description").fill(description);
  if (dateDue) await form.getByLabel("Due date").fill(dateDue);
  await form.getByRole("button", { name: "Add" }).click();
  await row(page, title).waitFor();
}

export function row(page, title) {
  return page.locator(".row").filter({ has: page.getByRole("link", { name: title, exact: true }) });
}

export function titles(page) {
  return page.locator(".row-title").allTextContents();
}

/** Waits until the list shows exactly these titles in this order. */
export async function expectTitles(page, expected) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const actual = await titles(page);
    if (JSON.stringify(actual) === JSON.stringify(expected)) return;
    if (Date.now() > deadline) assert.deepEqual(actual, expected);
    await page.waitForTimeout(50);
  }
}

export async function openTodo(page, title) {
  await page.getByRole("link", { name: title, exact: true }).click();
  await detail(page).getByRole("heading", { name: title, exact: true }).waitFor();
}

export function detail(page) {
  return page.getByRole("article", { name: "Todo" });
}

export function filesOf(page) {
  return page.getByRole("region", { name: "Files" });
}

export async function attach(page, ...files) {
  await filesOf(page).getByLabel("Choose files").setInputFiles(files);
}

/** Deletes through the dialog in the page. */
export async function answerDialog(page, button) {
  await page.getByRole("dialog").getByRole("button", { name: button }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Calendar dates around today, as the browser on this machine sees it. */
export function day(offset) {
  const date = new Date();
  date.setDate(date.getDate() + offset);
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A call to the todos API from inside the page, with the session's own token. */
export async function callTodosApi(page, { method, path, body }) {
  const url = `${outputs.todos.ApiUrl}/${await subOf(page)}/todos${path}`;
  return page.evaluate(
    async ({ url, method, body }) => {
      const key = Object.keys(localStorage).find((name) => name.endsWith(".accessToken"));
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${localStorage.getItem(key)}`,
          "content-type": "application/json",
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.text() };
    },
    { url, method, body },
  );
}

/** Who is logged in, as the APIs know them. */
export function subOf(page) {
  return page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.endsWith(".accessToken"));
    const [, payload] = localStorage.getItem(key).split(".");
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))).sub;
  });
}

/** Waits for the focus: a dialog, say, is closed before its `close` event moves it. */
export function focusOn(page, text) {
  return page.waitForFunction((text) => document.activeElement.textContent === text, text);
}

export async function expectNoSidewaysScroll(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}
