// The list: search as you type, a filter, the todos under the headings that follow from their order, and
// the next page on demand.

import type { Todo } from "../api.ts";
import { messageOf, SessionEndedError } from "../api-error.ts";
import type { Context } from "../context.ts";
import { dayOf, GROUP_NAMES, groupOf } from "../dates.ts";
import { byKey, type Child, h, icon, keepingFocus, replace } from "../dom.ts";
import type { TodoListState } from "../todo-list.ts";
import { alertBox } from "../ui/form.ts";
import { ICONS } from "../ui/icons.ts";
import { skeletonRows } from "../ui/skeleton.ts";
import { filterBar } from "./filter-bar.ts";
import { todoRow } from "./todo-row.ts";

export interface ListPane {
  element: HTMLElement;
  choose(todoID: string | null): void;
  rowLink(todoID: string | null): HTMLElement | null;
  dispose(): void;
}

export function listPane(context: Context): ListPane {
  const { list, notices, api } = context;
  const alert = alertBox();
  const groups = h("div", { class: "groups", "aria-live": "off" });
  const footer = h("div", { class: "list-footer" });
  const bar = filterBar(list);
  let chosen: string | null = null;

  const setCompleted = async (todo: Todo, completed: boolean) => {
    list.put({ ...todo, completed });
    try {
      list.put(await api.completeTodo(todo.todoID, completed));
      const text = `${completed ? "Completed" : "Reopened"} “${todo.title}”.`;
      notices.show(text, { label: "Undo", run: () => void setCompleted({ ...todo, completed }, !completed) });
    } catch (error) {
      list.put(todo);
      if (!(error instanceof SessionEndedError)) alert.show(messageOf(error));
    }
  };

  const render = (state: Readonly<TodoListState>) => {
    groups.setAttribute("aria-busy", String(state.phase === "loading"));
    const row = (todo: Todo) => todoRow(todo, todo.todoID === chosen, setCompleted);
    keepingFocus(groups, () => replace(groups, ...sections(state, row)));
    replace(footer, ...footerOf(state, context));
    if (state.phase === "failed") alert.show(state.error);
    else alert.clear();
  };

  const unsubscribe = list.store.subscribe(render);
  render(list.state);
  void list.load();
  return {
    element: h("div", { class: "list" }, bar.element, alert.element, groups, footer),
    choose: (todoID) => {
      chosen = todoID;
      render(list.state);
    },
    rowLink: (todoID) => (todoID === null ? null : byKey(groups, `open-${todoID}`)),
    dispose: () => {
      bar.dispose();
      unsubscribe();
    },
  };
}

function sections(state: Readonly<TodoListState>, row: (todo: Todo) => HTMLElement): Child[] {
  if (state.todos.length === 0) return [state.phase === "ready" ? emptyMessage(state) : skeleton(state)];
  const today = dayOf(new Date());
  const found: Child[] = [];
  let items: HTMLElement | null = null;
  let current = "";
  for (const todo of state.todos) {
    const group = groupOf(todo, today);
    if (group !== current || items === null) {
      current = group;
      items = h("ul", { class: "rows" });
      const title = h("h2", { class: `group-title ${group}` }, GROUP_NAMES[group]);
      found.push(h("section", { class: "group" }, title, items));
    }
    items.append(row(todo));
  }
  return found;
}

function emptyMessage({ query, cursor }: Readonly<TodoListState>): HTMLElement {
  let text = "Nothing to do yet. Add your first todo above.";
  if (cursor !== null) text = "Nothing found so far.";
  else if (query.search !== "") text = `No todo has “${query.search}” in its title.`;
  else if (query.completed === true) text = "Nothing is done yet.";
  else if (query.completed === false) text = "Nothing is open. Enjoy the day.";
  return h(
    "div",
    { class: "empty" },
    icon(query.search === "" ? ICONS.check : ICONS.search),
    h("p", {}, text),
  );
}

function skeleton({ phase }: Readonly<TodoListState>): Child {
  if (phase !== "loading") return null;
  return skeletonRows(6);
}

function footerOf(state: Readonly<TodoListState>, { list }: Context): Child[] {
  if (state.phase === "failed")
    return [button("Try again", () => void (state.cursor ? list.more() : list.load()))];
  if (state.cursor === null || state.phase === "loading") return [];
  return [button(state.phase === "more" ? "Loading …" : "Load more", () => void list.more())];
}

function button(text: string, click: () => void): HTMLElement {
  return h("button", { type: "button", class: "button", on: { click } }, text);
}
