// The API's list order, for placing a todo that changed without asking for the list again: open before
// completed, then by due date with the undated last, then newest first.
import type { Todo, TodoQuery } from "./api.ts";
import { folded } from "./search-text.ts";

export function compareTodos(a: Todo, b: Todo): number {
  if (a.completed !== b.completed) return a.completed ? 1 : -1;
  if (a.dateDue !== b.dateDue) {
    if (a.dateDue === "") return 1;
    if (b.dateDue === "") return -1;
    return a.dateDue < b.dateDue ? -1 : 1;
  }
  // Ids begin with the time of creation.
  return compareText(b.todoID, a.todoID);
}

export function matchesQuery(todo: Todo, query: TodoQuery): boolean {
  if (query.completed !== null && todo.completed !== query.completed) return false;
  return folded(todo.title).includes(folded(query.search));
}

/**
 * The list with this todo in its place, or without it where it no longer belongs. A place behind the last
 * loaded page is left to the page that will bring it.
 */
export function placeTodo(todos: readonly Todo[], todo: Todo, query: TodoQuery, hasMore: boolean): Todo[] {
  const others = todos.filter((other) => other.todoID !== todo.todoID);
  if (!matchesQuery(todo, query)) return others;
  const index = others.findIndex((other) => compareTodos(todo, other) < 0);
  if (index === -1) return hasMore ? others : [...others, todo];
  return others.toSpliced(index, 0, todo);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
