// One picture as large as the window allows. Loaded when somebody looks at one.
import { byKey, h } from "../dom.ts";

export function showPicture(path: string, name: string): void {
  const opener =
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset["key"] : undefined;
  const picture = h("img", { src: path, alt: name, referrerpolicy: "no-referrer" });
  const close = h("button", { type: "button", class: "button" }, "Close");
  const status = h("p", { class: "picture-name", role: "status" }, name);
  const dialog = h(
    "dialog",
    { class: "dialog picture", "aria-label": `Picture: ${name}` },
    picture,
    h("div", { class: "dialog-actions" }, status, close),
  );
  picture.addEventListener("error", () =>
    status.replaceChildren("This picture can't be shown. Download it instead."),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener !== undefined) byKey(document.body, opener)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}
