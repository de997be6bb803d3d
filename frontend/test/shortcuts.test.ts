import { describe, expect, test } from "vitest";
import { actionOf, SHORTCUTS, shortcutsOn, switchShortcuts } from "../src/shortcuts.ts";
import { hasPreview, typeLabel } from "../src/validation.ts";
import { memory } from "./support.ts";

const press = { key: "n", modified: false, typing: false };

describe("shortcuts", () => {
  test("have each key once", () => {
    const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    [press, true, "add"],
    [{ ...press, modified: true }, true, null],
    [{ ...press, typing: true }, true, null],
    [{ ...press, key: "Escape", typing: true }, true, "close"],
    [{ ...press, key: "F5" }, true, null],
    [press, false, null],
    [{ ...press, key: "?" }, false, "help"],
    [{ ...press, key: "Escape" }, false, "close"],
  ] as const)("%j, switched on %s, asks for %s", (pressed, on, action) => {
    expect(actionOf(pressed, on)).toBe(action);
  });

  test("can be switched off and on, and leave nothing behind when on", () => {
    const storage = memory();
    expect(shortcutsOn(storage)).toBe(true);
    switchShortcuts(storage, false);
    expect(shortcutsOn(storage)).toBe(false);
    switchShortcuts(storage, true);
    expect(storage.entries.size).toBe(0);
  });
});

describe("files", () => {
  test.each([
    ["a.pdf", "application/pdf", "PDF"],
    ["a.tar.gz", "application/gzip", "GZ"],
    ["noending", "image/png", "PNG"],
    ["noending", "application/octet-stream", ""],
    ["noending", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""],
    ["noending", "text/plain", "PLAIN"],
  ])("%s of %s is called %j", (fileName, contentType, label) => {
    expect(typeLabel({ fileName, contentType })).toBe(label);
  });

  test.each([
    ["image/png", 1, true],
    ["IMAGE/JPEG", 1, true],
    ["image/svg+xml", 1, false],
    ["text/html", 1, false],
    ["image/png", 100_000_000, false],
  ])("%s of %i bytes has a preview: %s", (contentType, size, expected) => {
    expect(hasPreview({ contentType, size })).toBe(expected);
  });
});
