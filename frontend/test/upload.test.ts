import { describe, expect, test, vi } from "vitest";
import { ToldError } from "../src/told-error.ts";
import { CONFIRM_WAITS, isOver, runUpload, type UploadState, type UploadSteps } from "../src/upload.ts";
import { arrivedFiles, Uploads } from "../src/uploads.ts";
import { aFile, deferred } from "./support.ts";

const FILE = new File(["hello"], "Ünïcode.txt", { type: "text/plain" });
const pending = aFile({ fileID: "f1", status: "pending" });
const available = aFile({ fileID: "f1", status: "available" });
const leave = {
  file: pending,
  upload: { method: "PUT", url: "https://s3.example", headers: {} },
};

function steps(part: Partial<UploadSteps> = {}) {
  return {
    digest: vi.fn(async () => "sum"),
    announce: vi.fn(async () => leave),
    put: vi.fn(async (_upload: unknown, _file: unknown, progress: (sent: number) => void) => {
      progress(2);
      progress(5);
    }),
    find: vi.fn(async () => available as typeof available | null),
    discard: vi.fn(async () => undefined),
    sleep: vi.fn(async () => undefined),
    ...part,
  };
}

async function run(used: UploadSteps, signal = new AbortController().signal, file = FILE) {
  const states: UploadState[] = [];
  await runUpload(file, used, signal, (state) => states.push(state));
  return states;
}

describe("an upload", () => {
  test("goes from its digest over its progress to the confirmed file", async () => {
    const used = steps();
    expect(await run(used)).toEqual([
      { at: "preparing" },
      { at: "sending", sent: 0, total: 5 },
      { at: "sending", sent: 2, total: 5 },
      { at: "sending", sent: 5, total: 5 },
      { at: "confirming" },
      { at: "done", file: available },
    ]);
    const announced = { fileName: "Ünïcode.txt", contentType: "text/plain", size: 5, sha256: "sum" };
    expect(used.announce).toHaveBeenCalledWith(announced, expect.anything());
    expect(used.discard).not.toHaveBeenCalled();
  });

  test("of a file without a type goes as plain bytes", async () => {
    const used = steps();
    await run(used, undefined, new File([""], "x"));
    expect(used.announce).toHaveBeenCalledWith(
      expect.objectContaining({ contentType: "application/octet-stream", size: 0 }),
      expect.anything(),
    );
  });

  test("looks for the file with growing patience, and then says that it is not confirmed", async () => {
    const sleep = vi.fn(async (_milliseconds: number) => undefined);
    const used = steps({ find: vi.fn(async () => pending), sleep });
    const states = await run(used);
    expect(states.at(-1)).toEqual({ at: "unconfirmed" });
    expect(sleep.mock.calls.map((call) => call[0])).toEqual([...CONFIRM_WAITS]);
    expect(used.discard).not.toHaveBeenCalled();
  });

  test("that the API refuses fails without anything to tidy up", async () => {
    const used = steps({
      announce: vi.fn(async () => Promise.reject(new ToldError(["Too large.", "Go on."]))),
    });
    expect((await run(used)).at(-1)).toEqual({ at: "failed", message: "Too large. Go on." });
    expect(used.discard).not.toHaveBeenCalled();
  });

  test("that the storage refuses fails and takes its record back", async () => {
    const used = steps({ put: vi.fn(async () => Promise.reject(new ToldError(["Refused.", "Go on."]))) });
    expect((await run(used)).at(-1)).toEqual({ at: "failed", message: "Refused. Go on." });
    expect(used.discard).toHaveBeenCalledWith("f1");
  });

  test("whose bytes have arrived is not confirmed, rather than failed, when only the look for them fails", async () => {
    const used = steps({ find: vi.fn(async () => Promise.reject(new Error("offline"))) });
    expect((await run(used)).at(-1)).toEqual({ at: "unconfirmed" });
    expect(used.discard).not.toHaveBeenCalled();
  });

  test("that is cancelled while it is sent says so and takes its record back", async () => {
    const cancel = new AbortController();
    const put = vi.fn(async () => {
      cancel.abort();
      throw cancel.signal.reason;
    });
    const used = steps({ put, discard: vi.fn(async () => Promise.reject(new Error("offline"))) });
    expect((await run(used, cancel.signal)).at(-1)).toEqual({ at: "cancelled" });
    expect(used.discard).toHaveBeenCalledWith("f1");
  });

  test("that is cancelled before it was announced asks for nothing", async () => {
    const cancel = new AbortController();
    cancel.abort();
    const used = steps();
    expect((await run(used, cancel.signal)).at(-1)).toEqual({ at: "cancelled" });
    expect(used.announce).not.toHaveBeenCalled();
  });
});

test.each([
  ["waiting", false],
  ["preparing", false],
  ["sending", false],
  ["confirming", false],
  ["done", true],
  ["unconfirmed", true],
  ["failed", true],
  ["cancelled", true],
])("the state %s is an end: %s", (at, over) => {
  expect(isOver({ at } as UploadState)).toBe(over);
});

describe("the uploads of the page", () => {
  test("go on whatever is shown, know their record, and hand over the file", async () => {
    const uploads = new Uploads(() => steps());
    await uploads.add("t1", FILE);
    expect(uploads.of("t2")).toEqual([]);
    expect(uploads.of("t1")).toMatchObject([
      { name: "Ünïcode.txt", size: 5, fileID: "f1", state: { at: "done" } },
    ]);
    expect(arrivedFiles(uploads.of("t1"))).toEqual([{ id: 1, file: available }]);
    expect(uploads.active).toBe(false);
  });

  test("start over after a failure", async () => {
    const put = vi
      .fn<UploadSteps["put"]>(async () => undefined)
      .mockRejectedValueOnce(new ToldError(["Refused.", "Go on."]));
    const uploads = new Uploads(() => steps({ put }));
    await uploads.add("t1", FILE);
    expect(uploads.of("t1")[0]?.state.at).toBe("failed");
    await uploads.retry(1);
    expect(uploads.of("t1")[0]?.state.at).toBe("done");
  });

  test("disappear when they are cancelled", async () => {
    const sending = deferred<void>();
    const put: UploadSteps["put"] = (_upload, _file, _progress, signal) => {
      signal.addEventListener("abort", () => sending.reject(signal.reason));
      return sending.promise;
    };
    const uploads = new Uploads(() => steps({ put }));
    const sent = uploads.add("t1", FILE);
    await vi.waitFor(() => expect(uploads.of("t1")[0]?.state.at).toBe("sending"));
    expect(uploads.active).toBe(true);
    uploads.cancel(1);
    await sent;
    expect(uploads.of("t1")).toEqual([]);
  });

  test("are sent three at a time, and read only when their turn comes", async () => {
    const sending: ReturnType<typeof deferred<void>>[] = [];
    const put = vi.fn(() => {
      const one = deferred<void>();
      sending.push(one);
      return one.promise;
    });
    const digest = vi.fn(async () => "sum");
    const uploads = new Uploads(() => steps({ digest, put }));
    const states = () => uploads.of("t1").map((entry) => entry.state.at);
    const all = Promise.all([1, 2, 3, 4, 5].map(() => uploads.add("t1", FILE)));
    await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(3));
    expect(states()).toEqual(["sending", "sending", "sending", "waiting", "waiting"]);
    uploads.cancel(4);
    expect(states()).toEqual(["sending", "sending", "sending", "waiting"]);
    sending[0]?.reject(new ToldError(["Refused.", "Go on."]));
    await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(4));
    expect(states()).toEqual(["failed", "sending", "sending", "sending"]);
    expect(digest).toHaveBeenCalledTimes(4);
    for (const one of sending) one.resolve();
    await all;
    expect(states()).toEqual(["failed", "done", "done", "done"]);
  });

  test("end with their todo, and only with theirs", async () => {
    const uploads = new Uploads(() => steps());
    await uploads.add("t1", FILE);
    await uploads.add("t2", FILE);
    uploads.drop("t1");
    expect(uploads.store.state.entries.map((entry) => entry.todoID)).toEqual(["t2"]);
    uploads.drop();
    expect(uploads.store.state.entries).toEqual([]);
  });
});
