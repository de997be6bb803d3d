// Bytes to the object storage: the digest it checks them against, and the PUT itself. XMLHttpRequest, because
// fetch tells nothing about the progress of an upload.
import type { Upload } from "./api.ts";
import { ToldError, type Words } from "./told-error.ts";

/** There is an object already. Only this leave can have put it there: an earlier try got through, its answer did not. */
const ALREADY_THERE = 412;
/** Set by the browser itself; a page may not. */
const FORBIDDEN_HEADERS = new Set(["content-length", "host"]);

export async function sha256Base64(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer().catch(() => {
    throw new ToldError(["The file could not be read.", "Check that it is still there and choose it again."]);
  });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}

export function putObject(
  upload: Upload,
  file: Blob,
  progress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    const fail = (words: Words) => reject(new ToldError(words));
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      if (!FORBIDDEN_HEADERS.has(name.toLowerCase())) request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => {
      const { status } = request;
      if ((status >= 200 && status < 300) || status === ALREADY_THERE) resolve();
      else fail([`The storage refused the file (${status}).`, "Try again, or choose another one."]);
    });
    request.addEventListener("error", () =>
      fail(["The upload was interrupted.", "Check the connection and try again."]),
    );
    request.addEventListener("abort", () => reject(signal.reason));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", cancel));
    signal.addEventListener("abort", cancel, { once: true });
    request.send(file);
  });
}
