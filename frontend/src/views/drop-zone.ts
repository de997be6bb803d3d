// Where files are chosen or dropped.
import { h, icon } from "../dom.ts";
import { ICONS } from "../ui/icons.ts";

export function dropZone(hint: string, send: (files: File[]) => void): HTMLElement {
  const input = h("input", { type: "file", id: "file-input", class: "visually-hidden", multiple: true });
  input.addEventListener("change", () => {
    const chosen = [...(input.files ?? [])];
    input.value = "";
    send(chosen);
  });
  const zone = h(
    "div",
    { class: "drop-zone" },
    input,
    h(
      "label",
      { for: "file-input" },
      icon(ICONS.upload),
      h("span", {}, h("b", {}, "Choose files"), h("span", { class: "by-mouse" }, " or drop them here")),
    ),
    h("span", { class: "field-hint" }, hint),
  );
  const mark = (on: boolean) => zone.classList.toggle("over", on);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  zone.addEventListener("dragleave", () => mark(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    send([...(event.dataTransfer?.files ?? [])]);
  });
  return zone;
}
