// The real steps of an upload: the API for the records, the storage for the bytes.
import type { Api } from "./api.ts";
import { FileList } from "./file-list.ts";
import { putObject, sha256Base64 } from "./storage.ts";
import { clock } from "./transport.ts";
import type { UploadSteps } from "./upload.ts";

export function uploadSteps(api: Api, todoID: string): UploadSteps {
  const files = new FileList(api, todoID);
  return {
    digest: sha256Base64,
    announce: (file, signal) => api.addFile(todoID, file, signal),
    put: putObject,
    find: (fileID, signal) => files.find(fileID, signal),
    discard: (fileID) => api.deleteFile(todoID, fileID),
    sleep: clock.sleep,
  };
}
