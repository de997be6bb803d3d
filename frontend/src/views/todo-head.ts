// What a todo says of itself when it is read, and the buttons for what can be done with it.
import type { Todo } from "../api.ts";
import { instantLabel } from "../dates.ts";
import { type Child, h, icon } from "../dom.ts";
import { ICONS } from "../ui/icons.ts";
import { dueChip } from "./todo-row.ts";

export interface HeadActions {
  complete(todo: Todo): Promise<void>;
  edit(todo: Todo): void;
  remove(todo: Todo): void;
}

export function todoHead(todo: Todo, actions: HeadActions): Child[] {
  const { completed } = todo;
  const state = h(
    "span",
    { class: `fact state${completed ? " done" : ""}` },
    completed ? "Completed" : "Open",
  );
  const added = h("span", { class: "fact" }, `Added ${instantLabel(todo.dateCreated)}`);
  return [
    h("h2", { class: "detail-title", tabindex: "-1", "data-key": "heading" }, todo.title),
    h("div", { class: "row-facts" }, state, todo.dateDue !== "" && dueChip(todo), added),
    todo.description !== "" && h("p", { class: "detail-text" }, todo.description),
    h(
      "div",
      { class: "detail-actions" },
      action("complete", "primary", () => actions.complete(todo), [
        icon(completed ? ICONS.undo : ICONS.check),
        completed ? "Reopen" : "Complete",
      ]),
      action("edit", "", () => actions.edit(todo), [icon(ICONS.edit), "Edit"]),
      action("remove", "danger-quiet", () => actions.remove(todo), [icon(ICONS.trash), "Delete"]),
    ),
  ];
}

/** One click at a time: a second one while the first is under way does nothing. */
function action(key: string, kind: string, click: () => void | Promise<void>, content: Child[]): HTMLElement {
  let busy = false;
  const run = async () => {
    if (busy) return;
    busy = true;
    try {
      await click();
    } finally {
      busy = false;
    }
  };
  const props = { type: "button", class: `button ${kind}`, "data-key": key, on: { click: () => void run() } };
  return h("button", props, ...content);
}
