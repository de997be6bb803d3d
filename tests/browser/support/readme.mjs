// The pictures that the README shows, by the names it gives them.
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/** Where they are kept. */
export const IMAGES = fileURLToPath(new URL("docs/images/", ROOT));

/** Their file names. */
export function shown() {
  const text = readFileSync(new URL("README.md", ROOT), "utf8");
  return [...text.matchAll(/\(docs\/images\/([^)]+)\)/g)].map(([, name]) => name);
}

/** The folder that a command writes to: its argument, or that of the README. */
export function folderFor([, , folder = IMAGES]) {
  mkdirSync(folder, { recursive: true });
  return folder;
}
