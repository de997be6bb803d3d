// One file on its way: digest, leave to upload, the bytes straight to the storage, and the wait until the
// service has seen them arrive. The states are data; everything that does something is handed in.
import type { NewFile, TodoFile, Upload } from "./api.ts";
import { fullMessageOf } from "./api-error.ts";

export type UploadState =
  | { at: "waiting" }
  | { at: "preparing" }
  | { at: "sending"; sent: number; total: number }
  | { at: "confirming" }
  | { at: "done"; file: TodoFile }
  | { at: "unconfirmed" }
  | { at: "failed"; message: string }
  | { at: "cancelled" };

export interface UploadSteps {
  digest(file: File): Promise<string>;
  announce(file: NewFile, signal: AbortSignal): Promise<{ file: TodoFile; upload: Upload }>;
  put(upload: Upload, file: File, progress: (sent: number) => void, signal: AbortSignal): Promise<void>;
  find(fileID: string, signal: AbortSignal): Promise<TodoFile | null>;
  discard(fileID: string): Promise<void>;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Waits between the looks for an arrived file, about a minute in all. */
export const CONFIRM_WAITS = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 15_000, 15_000] as const;

export function isOver(state: UploadState): boolean {
  return ["done", "unconfirmed", "failed", "cancelled"].includes(state.at);
}

export async function runUpload(
  file: File,
  steps: UploadSteps,
  signal: AbortSignal,
  report: (state: UploadState) => void,
): Promise<void> {
  let announced: TodoFile | null = null;
  let arrived = false;
  try {
    report({ at: "preparing" });
    const sha256 = await steps.digest(file);
    signal.throwIfAborted();
    const contentType = file.type || "application/octet-stream";
    const leave = await steps.announce({ fileName: file.name, contentType, size: file.size, sha256 }, signal);
    announced = leave.file;
    const total = file.size;
    report({ at: "sending", sent: 0, total });
    await steps.put(leave.upload, file, (sent) => report({ at: "sending", sent, total }), signal);
    arrived = true;
    report({ at: "confirming" });
    const found = await confirm(announced.fileID, steps, signal);
    report(found ? { at: "done", file: found } : { at: "unconfirmed" });
  } catch (error) {
    report(signal.aborted ? { at: "cancelled" } : ending(arrived, error));
    if (announced && (!arrived || signal.aborted)) await discard(announced.fileID, steps);
  }
}

/** Once the bytes have arrived there is nothing to send again, whatever became of the looks for them. */
function ending(arrived: boolean, error: unknown): UploadState {
  return arrived ? { at: "unconfirmed" } : { at: "failed", message: fullMessageOf(error) };
}

async function confirm(fileID: string, steps: UploadSteps, signal: AbortSignal): Promise<TodoFile | null> {
  for (const wait of CONFIRM_WAITS) {
    await steps.sleep(wait, signal);
    const file = await steps.find(fileID, signal);
    if (file?.status === "available") return file;
  }
  return null;
}

/** The record of an upload that never came would end by itself after a day; this only tidies up sooner. */
async function discard(fileID: string, steps: UploadSteps): Promise<void> {
  try {
    await steps.discard(fileID);
  } catch {
    // Nothing is lost: see above.
  }
}
