// The files of a todo: the ones there are, the ones on their way, and a place to choose or drop more.
import type { TodoFile } from "../api.ts";
import { SessionEndedError } from "../api-error.ts";
import type { Context } from "../context.ts";
import { type Child, h, keepingFocus, replace } from "../dom.ts";
import { FileList } from "../file-list.ts";
import { messageOf, ToldError } from "../told-error.ts";
import { confirmDialog } from "../ui/dialog.ts";
import { alertBox } from "../ui/form.ts";
import { arrivedFiles, type UploadEntry } from "../uploads.ts";
import { fileError, sizeLabel } from "../validation.ts";
import { dropZone } from "./drop-zone.ts";
import { fileRow } from "./file-row.ts";
import { type UploadRow, uploadRow } from "./upload-row.ts";

export function filesPanel(context: Context, todoID: string): { element: HTMLElement; dispose(): void } {
  const { api, notices, uploads } = context;
  const { maxFileSize } = context.config();
  const left = new AbortController();
  const files = new FileList(api, todoID);
  const alert = alertBox();
  const rows = h("ul", { class: "files" });
  const sending = h("ul", { class: "files uploads" });
  const footer = h("div", { class: "list-footer" });
  const status = h("p", { class: "visually-hidden", role: "status" });
  const uploadRows = new Map<number, UploadRow>();

  const guarded = async (work: () => Promise<void>) => {
    alert.clear();
    try {
      await work();
    } catch (error) {
      if (!left.signal.aborted && !(error instanceof SessionEndedError)) alert.show(messageOf(error));
    }
  };

  const freshPath = async (file: TodoFile) => {
    const path = await files.freshPath(file.fileID, left.signal);
    if (path !== null) return path;
    throw new ToldError([`“${file.fileName}” was deleted meanwhile.`, "Attach it again if you need it."]);
  };

  const actions = {
    check: (file: TodoFile) =>
      void guarded(async () => {
        await files.refresh(file.fileID, left.signal);
      }),
    download: (file: TodoFile) =>
      void guarded(async () => {
        openElsewhere(await freshPath(file));
      }),
    view: (file: TodoFile) =>
      void guarded(async () => {
        const path = await freshPath(file);
        (await import("../ui/picture.ts")).showPicture(path, file.fileName);
      }),
    remove: (file: TodoFile) =>
      void guarded(async () => {
        const text = `“${file.fileName}” will be gone for good.`;
        if (!(await confirmDialog({ title: "Delete this file?", text, action: "Delete" }))) return;
        await api.deleteFile(todoID, file.fileID);
        files.remove(file.fileID);
        notices.show(`Deleted “${file.fileName}”.`);
      }),
  };

  const render = () => {
    const { items, cursor, loaded } = files.store.state;
    const underWay = new Set(uploads.of(todoID).map((entry) => entry.fileID));
    const shown = items.filter((file) => !underWay.has(file.fileID));
    keepingFocus(rows, () => replace(rows, ...shown.map((file) => fileRow(file, actions))));
    replace(footer, ...footerOf(cursor !== null, loaded && shown.length === 0 && underWay.size === 0));
  };

  const footerOf = (hasMore: boolean, empty: boolean): Child[] => {
    const more = () => void guarded(() => files.more(left.signal));
    if (hasMore) {
      return [h("button", { type: "button", class: "button small", on: { click: more } }, "Load more files")];
    }
    return empty ? [h("p", { class: "files-empty" }, "No files yet.")] : [];
  };

  const takeArrived = () => {
    for (const { id, file } of arrivedFiles(uploads.of(todoID))) {
      files.put(file);
      uploads.dismiss(id);
      status.textContent = `“${file.fileName}” is attached.`;
    }
  };

  /** The upload's row gives way to the file's only once the answer is there. */
  const check = (entry: UploadEntry) =>
    void guarded(async () => {
      if (entry.fileID !== null) await files.refresh(entry.fileID, left.signal);
      uploads.dismiss(entry.id);
    });

  const dropConfirmed = () => {
    const available = new Set(
      files.store.state.items.filter((file) => file.status === "available").map((file) => file.fileID),
    );
    for (const { id, fileID, state } of uploads.of(todoID)) {
      if (state.at === "unconfirmed" && fileID !== null && available.has(fileID)) uploads.dismiss(id);
    }
  };

  const dropEndedRows = () => {
    const ids = new Set(uploads.of(todoID).map((entry) => entry.id));
    for (const [id, row] of uploadRows) {
      if (ids.has(id)) continue;
      row.element.remove();
      uploadRows.delete(id);
      render();
    }
  };

  const renderUploads = () => {
    takeArrived();
    dropConfirmed();
    dropEndedRows();
    for (const entry of uploads.of(todoID)) {
      const known = uploadRows.get(entry.id);
      if (known) known.update(entry);
      else {
        const row = uploadRow(entry, uploads, check);
        uploadRows.set(entry.id, row);
        sending.append(row.element);
        render();
      }
    }
  };

  const send = (chosen: File[]) => {
    const errors = chosen.map((file) => fileError(file, maxFileSize));
    for (const [index, file] of chosen.entries()) if (errors[index] === null) void uploads.add(todoID, file);
    const refused = errors.filter((error) => error !== null);
    if (refused.length > 0) alert.show(refused.join(" "));
    else alert.clear();
  };

  const unsubscribe = [
    files.store.subscribe(render),
    files.store.subscribe(dropConfirmed),
    uploads.store.subscribe(renderUploads),
  ];
  renderUploads();
  void guarded(() => files.load(left.signal));
  const limit = `Up to ${sizeLabel(maxFileSize)} each`;
  const heading = h("h3", { id: "files-heading" }, "Files");
  const zone = dropZone(limit, send);
  return {
    element: h(
      "section",
      { class: "panel", "aria-labelledby": heading.id },
      heading,
      status,
      alert.element,
      rows,
      sending,
      footer,
      zone,
    ),
    dispose: () => {
      left.abort();
      for (const end of unsubscribe) end();
    },
  };
}

/** A download leaves this page alone, and so does the storage's own page where it refuses one. */
function openElsewhere(address: string): void {
  h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }).click();
}
