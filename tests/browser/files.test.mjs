// Files beyond the plain way: many at once, one that fails, pictures.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addTodo, attach, detail, enter, filesOf, newUser, openTodo } from "./support/app.mjs";
import { expectAccessible } from "./support/axe.mjs";
import { DESKTOP, launch, newVisitor, openPage, PHONE } from "./support/browser.mjs";
import { outputs } from "./support/environment.mjs";
import { slowUploads } from "./support/network.mjs";
import { landscape } from "./support/picture.mjs";

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await openPage(await newVisitor(browser));
  await enter(page, newUser("files"));
  await addTodo(page, { title: "With files" });
  await openTodo(page, "With files");
});
after(() => browser?.close());

const bytes = (name, mimeType = "application/octet-stream") => ({
  name,
  mimeType,
  buffer: randomBytes(1_000),
});

test("many files go up at once, and one that fails is sent again without its neighbours", async () => {
  const storage = new URL(outputs.files.UploadOrigin).origin;
  let failed = 0;
  await page.route(
    (url) => url.origin === storage && url.href.includes("X-Amz-Signature"),
    (route) => {
      if (route.request().method() !== "PUT" || failed > 0) return route.continue();
      failed += 1;
      return route.abort();
    },
  );
  await attach(page, ...["a.bin", "b.bin", "c.bin", "d.bin", "e.bin"].map((name) => bytes(name)));
  await filesOf(page).getByText("The upload was interrupted.").waitFor();
  await filesOf(page).getByRole("link").nth(3).waitFor({ timeout: 60_000 });
  await expectAccessible(page, "an upload that failed");
  await page.setViewportSize(PHONE);
  const { width } = await filesOf(page).locator(".upload .file-body").boundingBox();
  assert.ok(width > 200, `on a phone, its words have ${width} px`);
  await page.setViewportSize(DESKTOP);
  await filesOf(page).getByRole("button", { name: "Try again" }).press("Enter");
  await filesOf(page).getByRole("link").nth(4).waitFor({ timeout: 60_000 });
  assert.equal(await filesOf(page).getByText("interrupted").count(), 0);
  await page.getByRole("status").filter({ hasText: "is attached." }).waitFor();
  assert.deepEqual((await filesOf(page).getByRole("link").allTextContents()).toSorted(), [
    "a.bin",
    "b.bin",
    "c.bin",
    "d.bin",
    "e.bin",
  ]);
  await filesOf(page).getByText("BIN · 1,000 bytes").first().waitFor();
});

/** Drops files of this machine as the browser itself does, on the middle of an element. */
async function dropOn(element, files) {
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await devtools.send("Input.dispatchDragEvent", { type, ...at, data });
  }
  await devtools.detach();
}

/** What becomes of each event of a drag once the page has dealt with it. */
function followDrags() {
  return page.evaluate(() => {
    window.drags = [];
    for (const type of ["dragover", "drop"]) {
      addEventListener(type, ({ defaultPrevented, dataTransfer }) => {
        window.drags.push({ type, defaultPrevented, dropEffect: dataTransfer.dropEffect });
      });
    }
  });
}

test("files that are dropped go up, many at once, and those dropped beside the place leave the page as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "drop-"));
  const dropped = ["first.dat", "second.dat", "third.dat"].map((name) => join(folder, name));
  for (const path of dropped) writeFileSync(path, randomBytes(2_000));
  await detail(page).getByRole("textbox", { name: "Notes" }).fill("Half a thought");
  const before = page.url();
  const tabs = page.context().pages().length;
  const navigations = [];
  const note = (frame) => navigations.push(frame.url());
  page.on("framenavigated", note);
  await followDrags();
  await dropOn(detail(page).getByRole("heading", { name: "With files" }), dropped);
  // What is refused already while it is dragged, the browser does not even drop.
  const drags = await page.evaluate(() => window.drags);
  assert.ok(drags.length > 0, "nothing was dragged");
  for (const drag of drags) assert.deepEqual(drag, { ...drag, defaultPrevented: true, dropEffect: "none" });
  await dropOn(filesOf(page).locator(".drop-zone"), dropped);
  for (const name of ["first.dat", "second.dat", "third.dat"]) {
    const link = filesOf(page).getByRole("link", { name });
    await link.waitFor({ timeout: 60_000 });
    assert.equal(await link.count(), 1, `${name} went up once`);
  }
  page.off("framenavigated", note);
  assert.deepEqual(navigations, []);
  assert.equal(page.url(), before);
  assert.equal(page.context().pages().length, tabs, "a file was opened in a tab of its own");
  assert.equal(await detail(page).getByRole("textbox", { name: "Notes" }).inputValue(), "Half a thought");
  rmSync(folder, { recursive: true });
});

test("the focus stays in the files when what had it is gone", async () => {
  const within = () =>
    page.waitForFunction(() => document.activeElement.closest("section")?.querySelector(".drop-zone"));
  const atFullSpeed = await slowUploads(page, 50_000);
  await attach(page, { ...bytes("never.bin"), buffer: randomBytes(1_000_000) });
  await filesOf(page).getByText("of 976.6 kB").waitFor();
  await filesOf(page).getByRole("button", { name: "Cancel" }).press("Enter");
  await atFullSpeed();
  await filesOf(page).getByText("never.bin").waitFor({ state: "detached" });
  await within();
  await filesOf(page).getByRole("button", { name: "Delete e.bin" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).press("Enter");
  await filesOf(page).getByRole("link", { name: "e.bin" }).waitFor({ state: "detached" });
  await within();
});

test("a picture is shown small in the list and large on demand, and what only claims to be one as a file", async () => {
  await attach(
    page,
    { name: "view.png", mimeType: "image/png", buffer: landscape(640, 400) },
    bytes("broken.png", "image/png"),
    { name: "code.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg onload='window.hacked=1'/>") },
  );
  for (const name of ["view.png", "broken.png", "code.svg"]) {
    await filesOf(page).getByRole("link", { name }).waitFor({ timeout: 60_000 });
  }
  const small = filesOf(page).getByRole("button", { name: "Show view.png" });
  await small.scrollIntoViewIfNeeded();
  await page.waitForFunction(
    () => document.querySelector("[aria-label='Show view.png'] img")?.naturalWidth === 640,
  );
  await page.waitForFunction(() => !document.querySelector("[aria-label='Show broken.png'] img"));
  assert.equal(await filesOf(page).getByRole("button", { name: "Show code.svg" }).count(), 0);
  await small.click();
  const dialog = page.getByRole("dialog", { name: "Picture: view.png" });
  await dialog.getByRole("img", { name: "view.png" }).waitFor();
  await page.waitForFunction(() => document.querySelector("dialog img")?.naturalWidth === 640);
  await expectAccessible(page, "a picture");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Show view.png");
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});
