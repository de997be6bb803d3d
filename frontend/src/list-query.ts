// The list's search and filter in the page's address: behind `#`, so that they survive a reload and can be kept as a
// bookmark, and yet no server ever gets to see what somebody searches for.
import type { TodoQuery } from "./api.ts";

const SHOWN: Record<string, boolean> = { open: false, done: true };

export function readQuery(hash: string): TodoQuery {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    search: (parameters.get("search") ?? "").trim().slice(0, 200),
    completed: SHOWN[parameters.get("show") ?? ""] ?? null,
  };
}

/** Empty where everything is shown. */
export function writeQuery({ search, completed }: TodoQuery): string {
  const parameters = new URLSearchParams();
  if (completed !== null) parameters.set("show", completed ? "done" : "open");
  if (search !== "") parameters.set("search", search);
  return parameters.size > 0 ? `#${parameters}` : "";
}

export function isSameQuery(a: TodoQuery, b: TodoQuery): boolean {
  return a.search === b.search && a.completed === b.completed;
}
