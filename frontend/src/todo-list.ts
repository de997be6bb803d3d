// The list on the screen: its query, the pages loaded so far, and how changes made here are folded into them.
import type { Todo, TodoPage, TodoQuery } from "./api.ts";
import { SessionEndedError } from "./api-error.ts";
import { placeTodo } from "./order.ts";
import { Store } from "./store.ts";
import { messageOf } from "./told-error.ts";

export interface TodoListState {
  query: TodoQuery;
  todos: readonly Todo[];
  /** Where the next page starts; `null` where there is none. */
  cursor: string | null;
  /** The todo that was changed last, whether or not the list shows it. */
  changed: Todo | null;
  phase: "idle" | "loading" | "more" | "ready" | "failed";
  error: string;
}

export interface TodoPages {
  listTodos(query: TodoQuery, cursor: string | null, signal?: AbortSignal): Promise<TodoPage>;
}

/** `rename` puts a todo in the place of one that had another id. */
export type Change =
  | { put: Todo }
  | { remove: string }
  | { patch: string; part: Partial<Todo> }
  | { rename: string; put: Todo };

/** The API may answer with empty pages on the way to a match; after this many the user decides. */
const EMPTY_PAGES = 8;

export class TodoList {
  readonly store = new Store<TodoListState>({
    query: { search: "", completed: null },
    todos: [],
    cursor: null,
    changed: null,
    phase: "idle",
    error: "",
  });
  readonly #api: TodoPages;
  #running: AbortController | null = null;
  /** What was changed here since the request under way was sent: its answer may not know of it yet. */
  #meanwhile: Change[] = [];

  /** The page asked for last. */
  #start: string | null = null;
  readonly #pending: () => readonly Change[];

  /** `pending` are the changes that no answer of the API knows of yet. */
  constructor(api: TodoPages, pending: () => readonly Change[] = () => []) {
    this.#api = api;
    this.#pending = pending;
  }

  get state(): Readonly<TodoListState> {
    return this.store.state;
  }

  find(todoID: string): Todo | undefined {
    return this.state.todos.find((todo) => todo.todoID === todoID);
  }

  /** Starts over with this query; an answer still under way to an older one is dropped. */
  async load(query: TodoQuery = this.state.query): Promise<void> {
    const sameQuery =
      query.search === this.state.query.search && query.completed === this.state.query.completed;
    this.store.set({ query, phase: "loading", error: "", ...(sameQuery ? {} : { cursor: null }) });
    await this.#fetch([], null);
  }

  async more(): Promise<void> {
    const { cursor, phase, todos } = this.state;
    if (cursor === null || phase === "loading" || phase === "more") return;
    this.store.set({ phase: "more", error: "" });
    await this.#fetch(todos, cursor);
  }

  /** After a failure: what failed, once more. */
  again(): Promise<void> {
    return this.#start === null ? this.load() : this.more();
  }

  put(todo: Todo): void {
    this.store.set({ todos: this.#change({ put: todo }), changed: todo });
  }

  /** The todo that was shown under another id until the API gave it its own. */
  rename(from: string, todo: Todo): void {
    this.store.set({ todos: this.#change({ rename: from, put: todo }), changed: todo });
  }

  remove(todoID: string): void {
    this.store.set({ todos: this.#change({ remove: todoID }) });
  }

  #change(change: Change): Todo[] {
    const { todos, query, cursor } = this.state;
    if (this.#running) this.#meanwhile.push(change);
    return applied(todos, change, query, cursor !== null);
  }

  async #fetch(before: readonly Todo[], start: string | null): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#start = start;
    this.#meanwhile = [];
    try {
      const page = await this.#page(start, running.signal);
      if (running.signal.aborted) return;
      const current = start === null ? before : this.state.todos;
      const cursor = page.nextCursor ?? null;
      const todos = [...this.#meanwhile, ...this.#pending()].reduce(
        (before, change) => applied(before, change, this.state.query, cursor !== null),
        withoutDuplicates([...current, ...page.todos]),
      );
      this.store.set({ todos, cursor, phase: "ready" });
    } catch (error) {
      if (running.signal.aborted) return;
      if (error instanceof SessionEndedError) this.store.set({ phase: "idle" });
      else this.store.set({ phase: "failed", error: messageOf(error) });
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  async #page(start: string | null, signal: AbortSignal): Promise<TodoPage> {
    let page = await this.#api.listTodos(this.state.query, start, signal);
    for (let empty = 1; page.todos.length === 0 && page.nextCursor && empty < EMPTY_PAGES; empty += 1) {
      page = await this.#api.listTodos(this.state.query, page.nextCursor, signal);
    }
    return page;
  }
}

function applied(todos: readonly Todo[], change: Change, query: TodoQuery, hasMore: boolean): Todo[] {
  if ("remove" in change) return todos.filter((todo) => todo.todoID !== change.remove);
  if ("patch" in change) {
    const before = todos.find((todo) => todo.todoID === change.patch);
    return before ? placeTodo(todos, { ...before, ...change.part }, query, hasMore) : [...todos];
  }
  const others = "rename" in change ? todos.filter((todo) => todo.todoID !== change.rename) : todos;
  return placeTodo(others, change.put, query, hasMore);
}

/** A todo that moved between two pages may come twice; the later answer is the newer one. */
function withoutDuplicates(todos: readonly Todo[]): Todo[] {
  const last = new Map(todos.map((todo, index) => [todo.todoID, index]));
  return todos.filter((todo, index) => last.get(todo.todoID) === index);
}
