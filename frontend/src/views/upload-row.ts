// One upload on the screen: how far it is, and the way to cancel, repeat or dismiss it.
import { h, replace } from "../dom.ts";
import { isOver, type UploadState } from "../upload.ts";
import type { UploadEntry, Uploads } from "../uploads.ts";
import { sizeLabel } from "../validation.ts";

export interface UploadRow {
  element: HTMLElement;
  update(entry: UploadEntry): void;
}

/** `check` ends an unconfirmed upload by asking for its file. */
export function uploadRow(
  first: UploadEntry,
  uploads: Uploads,
  check: (entry: UploadEntry) => void,
): UploadRow {
  const bar = h("progress", { max: Math.max(first.size, 1), "aria-label": `Sending ${first.name}` });
  const text = h("span", { class: "file-facts" });
  const error = h("span", { class: "field-error", role: "alert" });
  const buttons = h("div", { class: "file-buttons" });
  const name = h("span", { class: "file-name" }, first.name);
  const body = h("div", { class: "file-body" }, name, bar, text, error);
  let shown: UploadState["at"] | null = null;

  const update = (entry: UploadEntry) => {
    const { state } = entry;
    replace(text, wording(state));
    if (state.at === "sending") bar.value = state.sent;
    if (state.at === shown) return;
    shown = state.at;
    if (state.at !== "sending") bar.removeAttribute("value");
    bar.hidden = isOver(state);
    replace(error, state.at === "failed" ? state.message : "");
    replace(buttons, ...buttonsFor(entry, uploads, check));
  };
  update(first);
  return { element: h("li", { class: "file upload" }, body, buttons), update };
}

function wording(state: UploadState): string {
  switch (state.at) {
    case "waiting":
      return "Waiting for its turn …";
    case "preparing":
      return "Preparing …";
    case "sending": {
      const percent = state.total === 0 ? 100 : Math.floor((state.sent / state.total) * 100);
      return `${sizeLabel(state.sent)} of ${sizeLabel(state.total)} · ${percent} %`;
    }
    case "confirming":
      return "Sent, being checked …";
    case "unconfirmed":
      return "Sent, but not confirmed yet. There is no need to send it again.";
    default:
      return "";
  }
}

function buttonsFor(
  entry: UploadEntry,
  uploads: Uploads,
  check: (entry: UploadEntry) => void,
): HTMLElement[] {
  const { id, state } = entry;
  const button = (label: string, click: () => void) =>
    h("button", { type: "button", class: "button small", on: { click } }, label);
  if (!isOver(state)) return [button("Cancel", () => uploads.cancel(id))];
  if (state.at === "unconfirmed") return [button("Check again", () => check(entry))];
  const dismiss = button("Dismiss", () => uploads.dismiss(id));
  return state.at === "failed" ? [button("Try again", () => void uploads.retry(id)), dismiss] : [dismiss];
}
