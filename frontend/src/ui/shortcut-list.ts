// The list of the shortcuts, and the switch for them. Loaded when somebody asks for it.
import { h } from "../dom.ts";
import { SHORTCUTS, shortcutsOn, switchShortcuts } from "../shortcuts.ts";

const NAMES: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", Delete: "Del" };

export function showShortcuts(): void {
  if (document.querySelector("dialog[open]")) return;
  const rows = SHORTCUTS.map(({ keys, label }) =>
    h(
      "div",
      { class: "shortcut" },
      h("dt", {}, ...keys.map((key) => h("kbd", {}, NAMES[key] ?? key))),
      h("dd", {}, label),
    ),
  );
  const on = h("input", { type: "checkbox", checked: shortcutsOn(localStorage) });
  on.addEventListener("change", () => switchShortcuts(localStorage, on.checked));
  const close = h("button", { type: "button", class: "button" }, "Close");
  const dialog = h(
    "dialog",
    { class: "dialog shortcuts", "aria-labelledby": "shortcuts-title" },
    h("h2", { id: "shortcuts-title" }, "Keyboard shortcuts"),
    h("dl", {}, ...rows),
    h("div", { class: "dialog-actions" }, h("label", { class: "switch" }, on, "Single-key shortcuts"), close),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}
