// Films a real session for the README: node capture.mjs [OUT_DIR], with the environment of the tests. A GIF, as
// that plays everywhere: one palette, and in each frame only the pixels that changed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import gifenc from "gifenc";
import { PNG } from "pngjs";
import { addTodo, attach, day, detail, enter, filesOf, newUser, row } from "./support/app.mjs";
import { launch, newVisitor, openPage } from "./support/browser.mjs";
import { landscape } from "./support/picture.mjs";
import { folderFor } from "./support/readme.mjs";

const { GIFEncoder, quantize, applyPalette } = gifenc;
const SIZE = { width: 1040, height: 720 };
/** One is left for the pixels that stay. */
const COLOURS = 127;

const out = join(folderFor(process.argv), "session.gif");

const browser = await launch();
const frames = [];
let page;

/** A picture of now, to be looked at for so many milliseconds. */
async function shot(delay) {
  const { data } = PNG.sync.read(await page.screenshot());
  frames.push({ data, delay });
}

async function type(text) {
  for (const part of text.match(/.{1,3}/gu)) {
    await page.keyboard.type(part);
    await shot(90);
  }
}

async function prepare() {
  page = await openPage(await newVisitor(browser, { viewport: SIZE, colorScheme: "light" }));
  await enter(page, { ...newUser("ada"), email: `ada-${Date.now() % 10_000}@example.com` });
  await addTodo(page, { title: "Book the train to Vienna", description: "Window seats", dateDue: day(3) });
  await addTodo(page, { title: "Send the invoice", dateDue: day(0) });
  await addTodo(page, { title: "Return the library books", dateDue: day(-2) });
  await page.reload();
  await row(page, "Send the invoice").waitFor();
  await page.mouse.move(0, 0);
}

async function play() {
  await shot(1_200);
  await page.keyboard.press("n");
  await type("Buy coffee");
  await page.keyboard.press("Enter");
  await row(page, "Buy coffee").waitFor();
  await page.waitForTimeout(250);
  await shot(1_300);

  await row(page, "Send the invoice").getByRole("checkbox").check();
  await page.getByText("Completed “Send the invoice”.").waitFor();
  await page.waitForTimeout(250);
  await shot(1_500);

  await page.context().setOffline(true);
  await page.getByText("You're offline.").waitFor();
  await shot(900);
  await page.getByLabel("New todo").focus();
  await type("Call Grandma");
  await page.keyboard.press("Enter");
  await page.getByText("1 change is kept on this device").waitFor();
  await shot(1_700);
  await page.context().setOffline(false);
  await page.locator(".connection p").waitFor({ state: "detached" });
  await row(page, "Call Grandma").waitFor();
  await shot(1_200);

  await page.getByLabel("New todo").blur();
  await page.keyboard.press("/");
  await type("train");
  await page.locator(".row mark").getByText("train", { exact: true }).waitFor();
  await page.waitForTimeout(250);
  await shot(1_200);
  await page.getByRole("link", { name: "Book the train to Vienna" }).click();
  await detail(page).waitFor();
  await filesOf(page).getByText("No files yet.").waitFor();
  await shot(900);
  await attach(page, { name: "view-from-the-train.png", mimeType: "image/png", buffer: landscape(720, 450) });
  await filesOf(page).getByRole("button", { name: "Show" }).waitFor({ timeout: 60_000 });
  await page.locator(".preview img").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector(".preview img")?.complete);
  await shot(1_400);
  await filesOf(page).getByRole("button", { name: "Show" }).click();
  await page.waitForFunction(() => document.querySelector("dialog img")?.complete);
  await shot(1_500);
  await page.keyboard.press("Escape");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(300);
  await shot(2_200);
}

/** The same colours for all frames, or the whole picture would flicker. */
function encode() {
  const sample = Buffer.concat(
    frames.filter((_, index) => index % 3 === 0 || index > frames.length - 4).map(({ data }) => data),
  );
  const palette = quantize(sample, COLOURS, { format: "rgb565" });
  const transparentIndex = palette.length;
  palette.push([0, 0, 0]);
  const gif = GIFEncoder();
  let before = null;
  for (const { data, delay } of frames) {
    const indexed = applyPalette(data, palette.slice(0, -1), "rgb565");
    const changed =
      before === null
        ? indexed
        : indexed.map((colour, at) => (colour === before[at] ? transparentIndex : colour));
    gif.writeFrame(changed, SIZE.width, SIZE.height, {
      delay,
      dispose: 1,
      ...(before === null ? { palette } : { transparent: true, transparentIndex }),
    });
    before = indexed;
  }
  gif.finish();
  return gif.bytes();
}

try {
  await prepare();
  await play();
  const film = encode();
  writeFileSync(out, film);
  console.log(`${frames.length} frames, ${(film.length / 1e6).toFixed(2)} MB`);
} finally {
  await browser.close();
}
