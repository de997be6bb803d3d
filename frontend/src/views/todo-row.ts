// One todo in the list: a box to complete it, its title as the way to it, and what is worth knowing at a glance.
import type { Todo } from "../api.ts";
import { dayOf, dueLabel, groupOf } from "../dates.ts";
import { type Child, h, icon } from "../dom.ts";
import { isLocal } from "../outbox.ts";
import { pieces } from "../search-text.ts";
import { ICONS } from "../ui/icons.ts";
import type { RowFacts } from "./todo-rows.ts";

export function todoRow(
  todo: Todo,
  { chosen, waiting, search }: RowFacts,
  setCompleted: (todo: Todo, completed: boolean) => void,
): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    class: "tick",
    checked: todo.completed,
    "data-key": `tick-${todo.todoID}`,
    "aria-label": `Completed: ${todo.title}`,
  });
  box.addEventListener("change", () => setCompleted(todo, box.checked));
  const facts = factsOf(todo);
  if (waiting) facts.push(h("span", { class: "fact waiting" }, icon(ICONS.upload), "Not sent yet"));
  return h(
    "li",
    { class: `row${todo.completed ? " done" : ""}${chosen ? " chosen" : ""}` },
    box,
    h(
      "div",
      { class: "row-body" },
      titleOf(todo, chosen, search),
      todo.description !== "" && h("p", { class: "row-text" }, todo.description),
      facts.length > 0 && h("div", { class: "row-facts" }, ...facts),
    ),
  );
}

/** What the API does not know yet has no page of its own. */
function titleOf(todo: Todo, chosen: boolean, search: string): HTMLElement {
  const text = pieces(todo.title, search).map((piece) =>
    piece.found ? h("mark", {}, piece.text) : piece.text,
  );
  if (isLocal(todo.todoID)) return h("span", { class: "row-title" }, ...text);
  return h(
    "a",
    {
      class: "row-title",
      href: `/todos/${encodeURIComponent(todo.todoID)}`,
      "data-key": `open-${todo.todoID}`,
      "aria-current": chosen ? "true" : null,
    },
    ...text,
  );
}

function factsOf(todo: Todo): Child[] {
  const facts: Child[] = [];
  if (todo.notes !== "") facts.push(h("span", { class: "fact" }, icon(ICONS.note), "Notes"));
  // The heading above already says "Today" and "Tomorrow".
  const told = ["today", "tomorrow"].includes(groupOf(todo, dayOf(new Date())));
  if (todo.dateDue !== "" && !told) facts.push(dueChip(todo));
  return facts;
}

export function dueChip(todo: Todo): HTMLElement {
  const today = dayOf(new Date());
  const group = groupOf(todo, today);
  const label = dueLabel(todo.dateDue, today);
  return h(
    "span",
    { class: `fact due ${group}` },
    icon(ICONS.calendar),
    h("time", { datetime: todo.dateDue }, group === "overdue" ? `Overdue · ${label}` : label),
  );
}
