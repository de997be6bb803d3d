// One file: a link to its bytes once they have arrived, and the way to delete it.
import type { TodoFile } from "../api.ts";
import { instantLabel } from "../dates.ts";
import { h, icon, isSafeLink } from "../dom.ts";
import { ICONS } from "../ui/icons.ts";
import { hasPreview, sizeLabel, typeLabel } from "../validation.ts";

export interface FileActions {
  remove(file: TodoFile): void;
  download(file: TodoFile): void;
  /** Shows a picture in full. */
  view(file: TodoFile): void;
  /** Asks again whether a pending file has arrived. */
  check(file: TodoFile): void;
}

export function fileRow(file: TodoFile, actions: FileActions): HTMLElement {
  const available = file.status === "available" && file.filePath !== undefined && isSafeLink(file.filePath);
  const type = typeLabel(file);
  const facts = [
    ...(type ? [type] : []),
    sizeLabel(file.size),
    available ? instantLabel(file.dateUploaded) : "not arrived yet",
  ];
  const removal = h(
    "button",
    {
      type: "button",
      class: "button quiet icon-only",
      "data-key": `delete-${file.fileID}`,
      "aria-label": `Delete ${file.fileName}`,
    },
    icon(ICONS.trash),
  );
  removal.addEventListener("click", () => actions.remove(file));
  return h(
    "li",
    { class: "file" },
    available && hasPreview(file)
      ? preview(file, actions)
      : h("span", { class: "file-mark" }, icon(ICONS.file)),
    h(
      "div",
      { class: "file-body" },
      available ? downloadLink(file, actions) : h("span", { class: "file-name" }, file.fileName),
      h("span", { class: "file-facts" }, facts.map(unbroken).join(" · ")),
    ),
    !available &&
      h(
        "button",
        { type: "button", class: "button small", on: { click: () => actions.check(file) } },
        "Check again",
      ),
    removal,
  );
}

/** A narrow screen breaks the line between two facts, not within one. */
function unbroken(fact: string): string {
  return fact.replaceAll(" ", "\u00a0");
}

/** A small picture in the place of the icon, which comes back where the picture can't be drawn. */
function preview(file: TodoFile, actions: FileActions): HTMLElement {
  const picture = h("img", {
    src: file.filePath,
    alt: "",
    loading: "lazy",
    decoding: "async",
    referrerpolicy: "no-referrer",
  });
  const button = h(
    "button",
    {
      type: "button",
      class: "file-mark preview",
      "data-key": `view-${file.fileID}`,
      "aria-label": `Show ${file.fileName}`,
      on: { click: () => actions.view(file) },
    },
    picture,
  );
  picture.addEventListener("error", () => button.replaceChildren(icon(ICONS.file)));
  return button;
}

/** A plain click asks for a fresh address if this one is old; opening in a new tab takes it as it is. */
function downloadLink(file: TodoFile, actions: FileActions): HTMLElement {
  const link = h("a", {
    class: "file-name",
    href: file.filePath,
    download: file.fileName,
    referrerpolicy: "no-referrer",
  });
  const ending = /\.[a-z0-9]{1,8}$/i.exec(file.fileName)?.[0] ?? "";
  const name = file.fileName.slice(0, file.fileName.length - ending.length);
  // The icon never stands on a line of its own.
  link.append(name, h("span", { class: "file-ending" }, ending, icon(ICONS.download)));
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    actions.download(file);
  });
  return link;
}
