// The list: search as you type, a filter, the todos, and the next page as its place comes near.
import type { Todo } from "../api.ts";
import type { Context } from "../context.ts";
import { byKey, type Child, h, icon, keepingFocus, replace } from "../dom.ts";
import { readQuery } from "../list-query.ts";
import type { TodoListState } from "../todo-list.ts";
import { messageOf } from "../told-error.ts";
import { alertBox } from "../ui/form.ts";
import { ICONS } from "../ui/icons.ts";
import { skeletonRows } from "../ui/skeleton.ts";
import { filterBar } from "./filter-bar.ts";
import { todoRow } from "./todo-row.ts";
import { TodoRows } from "./todo-rows.ts";

export interface ListPane {
  element: HTMLElement;
  choose(todoID: string | null): void;
  rowLink(todoID: string | null): HTMLElement | null;
  dispose(): void;
}

export function listPane(context: Context): ListPane {
  const { list, notices, writes } = context;
  const alert = alertBox();
  const none = h("div", { class: "list-none" });
  const footer = h("div", { class: "list-footer" });
  const status = h("p", { class: "visually-hidden", role: "status" });
  const bar = filterBar(context);
  const rows = new TodoRows((todo, facts) => todoRow(todo, facts, setCompleted));
  let chosen: string | null = null;

  const setCompleted = (todo: Todo, completed: boolean) => {
    writes.complete(todo, completed).catch((error: unknown) => alert.show(messageOf(error)));
    const undo = () => {
      setCompleted({ ...todo, completed }, !completed);
      byKey(rows.element, `tick-${todo.todoID}`)?.focus();
    };
    notices.show(`${completed ? "Completed" : "Reopened"} “${todo.title}”.`, { label: "Undo", run: undo });
  };

  const render = (state: Readonly<TodoListState>) => {
    const stuck = writes.sender.store.state.phase === "waiting";
    const factsOf = ({ todoID }: Todo) => ({
      chosen: todoID === chosen,
      waiting: stuck && writes.waitsFor(todoID),
      search: state.query.search,
    });
    rows.element.setAttribute("aria-busy", String(state.phase === "loading"));
    keepingFocus(rows.element, () => rows.show(state.todos, factsOf));
    replace(
      none,
      state.todos.length === 0 && (state.phase === "ready" ? emptyMessage(state) : skeleton(state)),
    );
    replace(footer, ...footerOf(state, context));
    tellFound(status, state);
    if (state.phase === "failed") alert.show(state.error);
    else alert.clear();
    watch();
  };

  /** The next page comes before its place is on the screen; the button is for whoever gets there first. */
  const nearing = new IntersectionObserver(
    ([entry]) => {
      if (entry?.isIntersecting && list.state.phase === "ready") void list.more();
    },
    { rootMargin: "1200px" },
  );
  /** An observer speaks up when something changes: the end may still be in sight after a page has come. */
  const watch = () => {
    nearing.disconnect();
    if (list.state.phase === "ready" && list.state.cursor !== null) nearing.observe(footer);
  };

  /** Another day may have begun since the page was looked at last. */
  const lookedAt = () => {
    if (!document.hidden) render(list.state);
  };
  document.addEventListener("visibilitychange", lookedAt);
  const unsubscribe = [list.store.subscribe(render), writes.sender.store.subscribe(() => render(list.state))];
  void list.load(readQuery(location.hash));
  render(list.state);
  return {
    element: h("div", { class: "list" }, bar.element, status, alert.element, rows.element, none, footer),
    choose: (todoID) => {
      chosen = todoID;
      render(list.state);
    },
    rowLink: (todoID) => (todoID === null ? null : byKey(rows.element, `open-${todoID}`)),
    dispose: () => {
      bar.dispose();
      nearing.disconnect();
      document.removeEventListener("visibilitychange", lookedAt);
      for (const end of unsubscribe) end();
    },
  };
}

/** What a search or a filter has found, for whoever does not see the list shrink. */
function tellFound(status: HTMLElement, { query, todos, cursor, phase }: Readonly<TodoListState>): void {
  if (phase === "loading" || phase === "more") return;
  const asked = query.search !== "" || query.completed !== null;
  const count = `${todos.length}${cursor === null ? "" : " or more"}`;
  const text = phase === "ready" && asked ? `${count} ${todos.length === 1 ? "todo" : "todos"} found` : "";
  if (status.textContent !== text) status.textContent = text;
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
  if (state.phase === "failed") return [button("Try again", () => void list.again())];
  if (state.cursor === null || state.phase === "loading") return [];
  return [button(state.phase === "more" ? "Loading …" : "Load more", () => void list.more())];
}

function button(text: string, click: () => void): HTMLElement {
  return h("button", { type: "button", class: "button", on: { click } }, text);
}
