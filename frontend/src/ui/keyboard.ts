// Shortcuts do what a click on the page would do: they look for what is on the screen and use it.
import { type Action, actionOf, shortcutsOn } from "../shortcuts.ts";

/** What a shortcut clicks, or focuses where it is a field; the first that is there. */
const TARGETS: Partial<Record<Action, readonly string[]>> = {
  add: [".add-form input[name=title]"],
  search: ["#search"],
  edit: ["[data-key=edit]"],
  notes: [".detail textarea[name=notes]"],
  attach: ["#file-input"],
  remove: ["[data-key=remove]"],
  undo: [".notice [data-key=undo]"],
  all: [".segments input[value=all]"],
  open: [".segments input[value=open]"],
  done: [".segments input[value=done]"],
};

export function followKeyboard(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const press = { key, modified: ctrlKey || metaKey || altKey, typing: isField(target) };
    const action = actionOf(press, shortcutsOn(localStorage));
    if (action !== null && run(action, target)) event.preventDefault();
  });
}

/** Says whether there was something to do. */
function run(action: Action, target: EventTarget | null): boolean {
  switch (action) {
    case "help":
      void import("./shortcut-list.ts").then(({ showShortcuts }) => showShortcuts());
      return true;
    case "next":
      return move(1);
    case "previous":
      return move(-1);
    case "complete":
      return use(tickOf(document.activeElement) ?? find("[data-key=complete]"));
    case "close":
      return close(target);
    default:
      return (TARGETS[action] ?? []).some((selector) => use(find(selector)));
  }
}

function use(element: HTMLElement | null): boolean {
  if (!element) return false;
  const focused = element.matches("textarea, input:not([type=radio], [type=checkbox], [type=file])");
  if (focused) element.focus();
  else element.click();
  return true;
}

/** From the row that has the focus, or the open one, to another. */
function move(step: number): boolean {
  const links = [...document.querySelectorAll<HTMLElement>("a.row-title")].filter(
    (link) => link.offsetParent,
  );
  const row = document.activeElement?.closest(".row") ?? document.querySelector(".row.chosen");
  const at = links.findIndex((link) => row?.contains(link));
  const next = at === -1 ? links[0] : links[at + step];
  next?.focus();
  return next !== undefined;
}

function tickOf(element: Element | null): HTMLElement | null {
  return element?.closest(".row")?.querySelector<HTMLElement>(".tick") ?? null;
}

/** A search is cleared first, then the field is left, then the todo is. */
function close(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && target.id === "search" && target.value !== "") {
    target.value = "";
    target.dispatchEvent(new Event("input"));
    return true;
  }
  if (isField(target)) {
    (target as HTMLElement).blur();
    return true;
  }
  return use(find(".detail .close"));
}

function find(selector: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(selector);
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=file])")
  );
}
