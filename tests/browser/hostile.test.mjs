// Text that tries to be code stays text, wherever it is shown.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  addTodo,
  answerDialog,
  attach,
  detail,
  enter,
  expectNoSidewaysScroll,
  filesOf,
  newUser,
  openTodo,
  row,
} from "./support/app.mjs";
import { DESKTOP, launch, newVisitor, openPage, PHONE } from "./support/browser.mjs";
import { outputs } from "./support/environment.mjs";

const HOSTILE = [
  "<img src=x onerror=\"window.hacked='img'\">",
  "<script>window.hacked='script'</script>",
  '"><svg onload="window.hacked=\'svg\'">',
  "javascript:window.hacked='url'",
];

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await openPage(await newVisitor(browser));
  await enter(page, newUser("mallory"));
});
after(() => browser?.close());

async function expectHarmless() {
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("img, #app script, iframe, [onerror], [onload]").count(), 0);
}

for (const text of HOSTILE) {
  test(`as title, description, notes and file name: ${text}`, async () => {
    await addTodo(page, { title: text, description: text });
    await openTodo(page, text);
    await detail(page).locator(".detail-text").filter({ hasText: text }).waitFor();
    await detail(page).getByRole("textbox", { name: "Notes" }).fill(text);
    await detail(page).getByRole("button", { name: "Save notes" }).click();
    await detail(page).getByText("Saved", { exact: true }).waitFor();
    const fileName = text.replaceAll("/", "_");
    await attach(page, { name: fileName, mimeType: "text/html", buffer: Buffer.from(text) });
    await filesOf(page).getByRole("link", { name: fileName }).waitFor({ timeout: 60_000 });
    await expectHarmless();

    await filesOf(page)
      .getByRole("button", { name: `Delete ${fileName}` })
      .click();
    await page.getByRole("dialog").getByText(fileName).waitFor();
    await expectHarmless();
    await answerDialog(page, "Cancel");
    await detail(page).getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText(`Deleted “${text}”.`).waitFor();
    await row(page, text).waitFor({ state: "detached" });
    await expectHarmless();
    assert.deepEqual(page.problems, []);
  });
}

test("right-to-left text, override characters, emoji and 4,000 characters stay in their place", async () => {
  const title = "مرحبا \u202Egnp.exe 👩‍👩‍👧‍👦 \u{1F3F3}\uFE0F\u200D\u{1F308}";
  const description = "字👩‍👧‍👦é\u0301\u202E ".repeat(400).slice(0, 4_000).trim();
  await page.getByLabel("New todo").fill(title);
  await page.getByRole("form", { name: "Add a todo" }).getByLabel("Description").fill(description);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const added = page.locator(".row").filter({ hasText: "مرحبا" });
  await added.getByRole("link").click();
  await detail(page).getByRole("heading", { name: "مرحبا" }).waitFor();
  assert.equal(await detail(page).locator(".detail-text").textContent(), description);
  for (const [place, selector] of Object.entries({ row: ".row-title", heading: ".detail-title" })) {
    const direction = (element) => getComputedStyle(element).unicodeBidi;
    assert.equal(await page.locator(selector).first().evaluate(direction), "plaintext", `of the ${place}`);
  }
  await detail(page).getByRole("textbox", { name: "Notes" }).fill(description);
  await detail(page).getByRole("button", { name: "Save notes" }).click();
  await detail(page).getByText("Saved", { exact: true }).waitFor();
  // An accent of its own, as macOS writes names: what comes back must be these very characters.
  const fileName = `${"字👩‍👧‍👦 مرحبا ".repeat(6)}e\u0301.txt`;
  await attach(page, { name: fileName, mimeType: "text/plain", buffer: Buffer.from(description) });
  const link = filesOf(page).getByRole("link");
  await link.waitFor({ timeout: 60_000 });
  assert.equal(await link.textContent(), fileName);
  const answer = page.context().waitForEvent("response", (each) => "content-disposition" in each.headers());
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const [, encoded] = /filename\*=UTF-8''([^;]+)$/.exec((await answer).headers()["content-disposition"]);
  assert.equal(decodeURIComponent(encoded), fileName);
  assert.equal(readFileSync(await download.path(), "utf8"), description);
  // Chromium composes the names of what it saves, and lets no joiner into them.
  assert.equal(download.suggestedFilename(), fileName.normalize().replaceAll("\u200d", "_"));
  await page.setViewportSize(PHONE);
  await expectNoSidewaysScroll(page);
  await page.setViewportSize(DESKTOP);
  await expectNoSidewaysScroll(page);
  // The deletions above go out with the page, and once more after it: their first answers were never heard.
  page.expectStatus(404);
  await page.reload();
  assert.equal(await detail(page).getByRole("textbox", { name: "Notes" }).inputValue(), description);
  await expectHarmless();
  assert.deepEqual(page.problems, []);
});

test("the search shows what was typed as text", async () => {
  await page.getByRole("searchbox", { name: "Search titles" }).fill(HOSTILE[0]);
  await page.getByText(`No todo has “${HOSTILE[0]}” in its title.`).waitFor();
  await expectHarmless();
  assert.deepEqual(page.problems, []);
});

test("the page refuses inline scripts and string-to-script sinks", async () => {
  const outcome = await page.evaluate(() => {
    try {
      document.createElement("div").innerHTML = "<b>x</b>";
      return "assigned";
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(outcome, "TypeError");
});

test("the policy allows nothing unsafe, names every host, and stops a script that got into the page", async () => {
  const answer = await page.reload();
  const header = answer.headers()["content-security-policy"];
  const meta = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
  for (const policy of [header, meta]) assert.doesNotMatch(policy, /unsafe|\*/);
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"]) {
    assert.ok(header.includes(part), part);
  }
  assert.match(header, /require-trusted-types-for 'script'/);
  const hosts = meta.match(/https?:[^ ;]+/g).map((host) => new URL(host).origin);
  const own = [outputs.auth.Endpoint, outputs.todos.ApiUrl, outputs.files.ApiUrl, outputs.files.UploadOrigin];
  const expected = new Set([...own, outputs.files.CdnUrl].map((url) => new URL(url).origin));
  assert.deepEqual(new Set(hosts), expected);

  const refused = await page.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
          once: true,
        });
        const script = document.createElement("script");
        script.append("window.hacked = 'inline'");
        document.body.append(script);
        script.remove();
      }),
  );
  assert.match(refused, /^(script-src|require-trusted-types)/);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});
