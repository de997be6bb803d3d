import { afterEach, describe, expect, test, vi } from "vitest";
import { putObject, sha256Base64 } from "../src/storage.ts";
import { ToldError } from "../src/told-error.ts";

const upload = {
  method: "PUT",
  url: "https://s3.example/key",
  headers: { "cache-control": "private", "content-length": "5", "if-none-match": "*" },
};

/** A browser whose every request is answered with this status. */
function answering(status: number) {
  const sent: Record<string, string> = {};
  class FakeRequest extends EventTarget {
    readonly upload = new EventTarget();
    readonly status = status;
    open() {}
    setRequestHeader(name: string, value: string) {
      sent[name] = value;
    }
    send() {
      this.dispatchEvent(new Event("load"));
      this.dispatchEvent(new Event("loadend"));
    }
  }
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  const put = putObject(upload, new Blob(["hello"]), () => undefined, new AbortController().signal);
  return { put, sent };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the digest of a file", () => {
  test("is the base64 of its SHA-256", async () => {
    expect(await sha256Base64(new Blob(["hello"]))).toBe("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  });

  test("of one that is gone from its place says so", async () => {
    const gone = { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")) };
    const digest = sha256Base64(gone as unknown as Blob);
    await expect(digest).rejects.toThrow(ToldError);
    await expect(digest).rejects.toThrow("could not be read. Check that it is still there");
  });
});

describe("the bytes of an upload", () => {
  test("go with every header of their leave that a page may set", async () => {
    const { put, sent } = answering(200);
    await put;
    expect(sent).toEqual({ "cache-control": "private", "if-none-match": "*" });
  });

  test("have arrived where the storage says that they are there already", async () => {
    await expect(answering(412).put).resolves.toBeUndefined();
  });

  test.each([400, 403, 409, 500])("are refused with %i", async (status) => {
    await expect(answering(status).put).rejects.toThrow(`${status}`);
  });
});
