import { expect, test, vi } from "vitest";
import type { FilePage } from "../src/api.ts";
import { FileList } from "../src/file-list.ts";
import { aFile } from "./support.ts";

const [one, two] = [aFile({ fileID: "1", filePath: "https://cdn/1?old" }), aFile({ fileID: "2" })];

function setUp(pages: Record<string, FilePage>) {
  let now = 0;
  const listFiles = vi.fn(
    async (_todoID: string, cursor: string | null) => pages[cursor ?? ""] ?? { files: [] },
  );
  const files = new FileList({ listFiles }, "t1", () => now);
  return { files, listFiles, pages, wait: (milliseconds: number) => (now += milliseconds) };
}

test("a file is found on whatever page it is", async () => {
  const { files } = setUp({ "": { files: [one], nextCursor: "n" }, n: { files: [two] } });
  expect(await files.find("2")).toEqual(two);
  expect(await files.find("3")).toBeNull();
});

test("more files are added to the ones there are", async () => {
  const { files } = setUp({ "": { files: [one], nextCursor: "n" }, n: { files: [two] } });
  await files.load();
  await files.more();
  expect(files.store.state).toMatchObject({ items: [one, two], cursor: null });
});

test("a signed address is used while it is fresh, and asked for anew when it is old", async () => {
  const { files, listFiles, pages, wait } = setUp({ "": { files: [one] } });
  await files.load();
  wait(59_000);
  expect(await files.freshPath("1")).toBe("https://cdn/1?old");
  expect(listFiles).toHaveBeenCalledTimes(1);
  wait(2_000);
  pages[""] = { files: [{ ...one, filePath: "https://cdn/1?new" }] };
  expect(await files.freshPath("1")).toBe("https://cdn/1?new");
  expect(listFiles).toHaveBeenCalledTimes(2);
});

test("a file that is gone by then leaves the list", async () => {
  const { files, pages, wait } = setUp({ "": { files: [one] } });
  await files.load();
  wait(120_000);
  pages[""] = { files: [] };
  expect(await files.freshPath("1")).toBeNull();
  expect(files.store.state.items).toEqual([]);
});

test("one file is asked for anew on a page that is not loaded yet", async () => {
  const { files } = setUp({ "": { files: [one], nextCursor: "n" }, n: { files: [two] } });
  await files.load();
  await files.refresh("2");
  expect(files.store.state.items).toEqual([one, two]);
});
