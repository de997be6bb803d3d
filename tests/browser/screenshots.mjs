// Makes pictures from a real deployment, those that the README shows or those named: node screenshots.mjs
// [OUT_DIR [NAME…]], with the environment of the tests.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { addTodo, attach, day, detail, enter, filesOf, logIn, openTodo, row } from "./support/app.mjs";
import { DESKTOP, launch, newVisitor, openPage, PHONE } from "./support/browser.mjs";
import { landscape } from "./support/picture.mjs";
import { folderFor, shown } from "./support/readme.mjs";

const TODOS = [
  { title: "Water the plants" },
  { title: "Read the paper on consistent hashing", description: "Section 4, then the appendix" },
  { title: "Renew the passport", description: "Photo is in the drawer, form is online", dateDue: day(38) },
  { title: "Dentist, 9:30", dateDue: day(6) },
  {
    title: "Book the train to Vienna",
    description: "Window seats, quiet coach, leave before ten",
    dateDue: day(3),
  },
  { title: "Call Grandma", dateDue: day(1) },
  { title: "Send the invoice for October", dateDue: day(0) },
  { title: "Review Mei's pull request", description: "The pager one; she waits for it", dateDue: day(0) },
  { title: "Return the library books", description: "Three, one of them at the desk", dateDue: day(-2) },
  { title: "Buy coffee" },
  { title: "Fix the kitchen tap", dateDue: day(-4) },
];
const COMPLETED = ["Buy coffee", "Fix the kitchen tap"];
const CHOSEN = "Book the train to Vienna";
const NOTES = "Outbound Friday 8:42, back on Sunday evening.\nJonas has a discount card — ask him first.";
const FILES = [
  { name: "Fahrplan Wien – Züge.pdf", mimeType: "application/pdf", buffer: randomBytes(482_113) },
  { name: "the-view-last-time.png", mimeType: "image/png", buffer: landscape(1_200, 800) },
];

const DEVICES = { desktop: DESKTOP, phone: PHONE };
const SCHEMES = ["light", "dark"];
const nameOf = (screen, device, colorScheme) => `${screen}-${device}-${colorScheme}.png`;
const MADE = ["list", "todo"].flatMap((screen) =>
  Object.keys(DEVICES).flatMap((device) => SCHEMES.map((scheme) => nameOf(screen, device, scheme))),
);

const named = process.argv.slice(3);
const wanted = named.length > 0 ? named : shown().filter((name) => name.endsWith(".png"));
const unknown = wanted.filter((name) => !MADE.includes(name));
if (unknown.length > 0) {
  const source = named.length > 0 ? "the arguments" : "README.md";
  console.error(`error: ${source}: no picture is called ${unknown.map((name) => `\`${name}\``).join(", ")}`);
  console.error(`hint: name some of ${MADE.join(", ")}`);
  process.exit(2);
}

const out = folderFor(process.argv);
const browser = await launch();
const user = {
  email: `ada-${randomBytes(2).toString("hex")}@example.com`,
  password: `correct horse ${randomBytes(8).toString("hex")}`,
};

async function fill() {
  const context = await newVisitor(browser);
  const page = await openPage(context);
  await enter(page, user);
  for (const todo of TODOS) await addTodo(page, todo);
  for (const title of COMPLETED) await row(page, title).getByRole("checkbox").check();
  await openTodo(page, CHOSEN);
  await detail(page).getByRole("textbox", { name: "Notes" }).fill(NOTES);
  await detail(page).getByRole("button", { name: "Save notes" }).click();
  await detail(page).getByText("Saved", { exact: true }).waitFor();
  // One after the other: their order is that of their arrival.
  for (const file of FILES) {
    await attach(page, file);
    await filesOf(page).getByRole("link", { name: file.name }).waitFor({ timeout: 60_000 });
  }
  await context.close();
}

async function take(device, colorScheme) {
  const isWanted = (screen) => wanted.includes(nameOf(screen, device, colorScheme));
  if (!["list", "todo"].some(isWanted)) return;
  const viewport = DEVICES[device];
  const look = { viewport, colorScheme, deviceScaleFactor: 2 };
  // A row that the mouse has just left would still be on its way back.
  const context = await newVisitor(browser, { ...look, reducedMotion: "reduce" });
  const page = await openPage(context, "/login");
  const save = async (screen) => {
    await page.mouse.move(0, 0);
    if (isWanted(screen)) await page.screenshot({ path: join(out, nameOf(screen, device, colorScheme)) });
  };
  await logIn(page, user);
  await row(page, CHOSEN).waitFor();
  await save("list");
  await openTodo(page, CHOSEN);
  await filesOf(page).getByRole("link", { name: FILES[0].name }).waitFor();
  await page.waitForFunction(() => document.querySelector(".preview img")?.complete);
  await page.evaluate(() => document.activeElement?.blur());
  await save("todo");
  await context.close();
}

try {
  await fill();
  for (const colorScheme of SCHEMES)
    for (const device of Object.keys(DEVICES)) await take(device, colorScheme);
} finally {
  await browser.close();
}
