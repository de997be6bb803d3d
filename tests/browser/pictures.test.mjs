// The commands that make the README's pictures still make each of them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { IMAGES, shown } from "./support/readme.mjs";

const folder = mkdtempSync(join(tmpdir(), "pictures-"));

after(() => rmSync(folder, { recursive: true }));

/** Width and height, as the file itself says. */
function sizeOf(file) {
  const bytes = readFileSync(file);
  if (bytes.subarray(0, 3).toString() === "GIF") return [bytes.readUInt16LE(6), bytes.readUInt16LE(8)];
  assert.equal(bytes.subarray(1, 4).toString(), "PNG", file);
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

/** Runs one of the commands to its end. */
function run(script, ...args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return promisify(execFile)(process.execPath, [path, ...args], { timeout: 180_000 });
}

test("a picture that the command does not make is refused by name, and nothing is made", async () => {
  const error = await run("screenshots.mjs", folder, "list-desktop-light.png", "list-watch-light.png").catch(
    (error) => error,
  );
  assert.equal(error.code, 2);
  assert.match(error.stderr, /^error: the arguments: no picture is called `list-watch-light\.png`$/m);
  assert.match(error.stderr, /^hint: name some of list-desktop-light\.png, .*todo-phone-dark\.png$/m);
  assert.deepEqual(readdirSync(folder), []);
});

test("every picture of the README is made anew, as large as the one that it shows", async () => {
  for (const script of ["screenshots.mjs", "capture.mjs"]) await run(script, folder);
  assert.ok(shown().length > 4);
  for (const name of shown()) {
    const [made, kept] = [join(folder, name), join(IMAGES, name)];
    assert.deepEqual(sizeOf(made), sizeOf(kept), name);
    const ratio = readFileSync(made).length / readFileSync(kept).length;
    assert.ok(ratio > 0.5 && ratio < 2, `${name} is ${ratio.toFixed(2)} times as large as the README's`);
  }
});
