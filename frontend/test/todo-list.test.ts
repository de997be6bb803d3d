import { describe, expect, test, vi } from "vitest";
import type { TodoPage, TodoQuery } from "../src/api.ts";
import { ApiError, SessionEndedError } from "../src/api-error.ts";
import { compareTodos, matchesQuery, placeTodo } from "../src/order.ts";
import { TodoList } from "../src/todo-list.ts";
import { aTodo, deferred } from "./support.ts";

const ALL: TodoQuery = { search: "", completed: null };
const [a, b, c] = ["a", "b", "c"].map((todoID) => aTodo({ todoID, title: todoID })) as [
  ReturnType<typeof aTodo>,
  ReturnType<typeof aTodo>,
  ReturnType<typeof aTodo>,
];

function answering(...pages: (TodoPage | Error)[]) {
  const listTodos = vi.fn(async () => {
    const page = pages.shift();
    if (page === undefined) throw new Error("one call too many");
    if (page instanceof Error) throw page;
    return page;
  });
  return { list: new TodoList({ listTodos }), listTodos };
}

describe("pages", () => {
  test("follow each other until there is none", async () => {
    const { list, listTodos } = answering({ todos: [a], nextCursor: "1" }, { todos: [b] });
    await list.load();
    await list.more();
    expect(list.state).toMatchObject({ todos: [a, b], cursor: null, phase: "ready" });
    await list.more();
    expect(listTodos).toHaveBeenCalledTimes(2);
  });

  test("that failed are asked for again, the list or its next page, whichever it was", async () => {
    const { list, listTodos } = answering(
      { todos: [a], nextCursor: "1" },
      new ApiError(503, ["away", "Go on."]),
      { todos: [a, b], nextCursor: "1" },
      new ApiError(503, ["away", "Go on."]),
      { todos: [c] },
    );
    await list.load();
    await list.load();
    expect(list.state.phase).toBe("failed");
    await list.again();
    expect(list.state).toMatchObject({ todos: [a, b], phase: "ready" });
    await list.more();
    expect(list.state.phase).toBe("failed");
    await list.again();
    expect(list.state).toMatchObject({ todos: [a, b, c], phase: "ready" });
    expect(listTodos.mock.calls.map((call) => (call as unknown[])[1])).toEqual([null, null, null, "1", "1"]);
  });

  test("that are empty are stepped over while more follow", async () => {
    const { list } = answering(
      { todos: [], nextCursor: "1" },
      { todos: [], nextCursor: "2" },
      { todos: [a] },
    );
    await list.load();
    expect(list.state.todos).toEqual([a]);
  });

  test("that are empty for long leave the next step to the user", async () => {
    const listTodos = vi.fn(async () => ({ todos: [], nextCursor: "again" }));
    const list = new TodoList({ listTodos });
    await list.load();
    expect(listTodos).toHaveBeenCalledTimes(8);
    expect(list.state).toMatchObject({ todos: [], cursor: "again", phase: "ready" });
  });

  test("show a todo that moved between them once, where it is now", async () => {
    const moved = { ...a, dateDue: "2026-02-01" };
    const { list } = answering({ todos: [a, b], nextCursor: "1" }, { todos: [moved, c] });
    await list.load();
    await list.more();
    expect(list.state.todos).toEqual([b, moved, c]);
  });
});

describe("what is changed here while an answer is under way", () => {
  function waiting(before: TodoPage) {
    const answer = deferred<TodoPage>();
    const pages = [Promise.resolve(before), answer.promise];
    const list = new TodoList({
      listTodos: () => pages.shift() ?? Promise.reject(new Error("one too many")),
    });
    return { list, answer };
  }

  test("is not undone by a list that is loaded anew", async () => {
    const { list, answer } = waiting({ todos: [c, b] });
    await list.load();
    const loaded = list.load();
    const changed = { ...c, title: "changed" };
    list.put(changed);
    list.put(a);
    list.remove("b");
    answer.resolve({ todos: [c, b] });
    await loaded;
    expect(list.state.todos).toEqual([changed, a]);
  });

  test("is not undone by the next page", async () => {
    const { list, answer } = waiting({ todos: [c], nextCursor: "1" });
    await list.load();
    const loaded = list.more();
    list.put({ ...b, completed: true });
    list.remove("c");
    answer.resolve({ todos: [b, a] });
    await loaded;
    expect(list.state.todos).toEqual([a, { ...b, completed: true }]);
  });

  test("is left to the answers of requests that are sent later", async () => {
    const { list, answer } = waiting({ todos: [] });
    await list.load();
    list.put(a);
    const loaded = list.load();
    answer.resolve({ todos: [] });
    await loaded;
    expect(list.state.todos).toEqual([]);
  });
});

describe("a search", () => {
  test("that is overtaken by another is cancelled, and its late answer dropped", async () => {
    const first = deferred<TodoPage>();
    const signals: (AbortSignal | undefined)[] = [];
    const list = new TodoList({
      listTodos: async (query, _cursor, signal) => {
        signals.push(signal);
        return query.search === "slow" ? first.promise : { todos: [b] };
      },
    });
    const slow = list.load({ ...ALL, search: "slow" });
    await list.load({ ...ALL, search: "fast" });
    first.resolve({ todos: [a] });
    await slow;
    expect(signals[0]?.aborted).toBe(true);
    expect(list.state).toMatchObject({ todos: [b], phase: "ready" });
  });

  test("that fails says so and keeps what is shown", async () => {
    const { list } = answering({ todos: [a] }, new ApiError(500, ["broken", "Go on."]));
    await list.load();
    await list.load();
    expect(list.state).toMatchObject({ todos: [a], phase: "failed", error: "broken Go on." });
  });

  test("that meets the end of the session leaves the telling to the login page", async () => {
    const { list } = answering(new SessionEndedError());
    await list.load();
    expect(list.state).toMatchObject({ phase: "idle", error: "" });
  });
});

describe("the order", () => {
  test("is open before completed, then by date with the undated last, then newest first", () => {
    const expected = [
      aTodo({ todoID: "2", dateDue: "2026-01-01" }),
      aTodo({ todoID: "1", dateDue: "2026-01-01" }),
      aTodo({ todoID: "9", dateDue: "2026-01-02" }),
      aTodo({ todoID: "8" }),
      aTodo({ todoID: "7" }),
      aTodo({ todoID: "6", dateDue: "2025-01-01", completed: true }),
      aTodo({ todoID: "5", completed: true }),
    ];
    for (const shift of expected.keys()) {
      const shuffled = [...expected.slice(shift), ...expected.slice(0, shift)].reverse();
      expect(shuffled.sort(compareTodos)).toEqual(expected);
    }
  });

  test("gives a changed todo its place without asking again", () => {
    const one = aTodo({ todoID: "1", dateDue: "2026-01-01" });
    const two = aTodo({ todoID: "2", dateDue: "2026-01-02" });
    const three = aTodo({ todoID: "3", dateDue: "2026-01-03" });
    const later = { ...one, dateDue: "2026-01-02" };
    expect(placeTodo([one, two, three], later, ALL, false)).toEqual([two, later, three]);
    const done = { ...one, completed: true };
    expect(placeTodo([one, two, three], done, ALL, false)).toEqual([two, three, done]);
  });

  test("leaves a place behind the last page to the page that will bring it", () => {
    const one = aTodo({ todoID: "1", dateDue: "2026-01-01" });
    const last = aTodo({ todoID: "2" });
    expect(placeTodo([one], last, ALL, true)).toEqual([one]);
    expect(placeTodo([one], last, ALL, false)).toEqual([one, last]);
  });

  test("drops a todo that the filter or the search no longer admits", () => {
    const open = aTodo({ title: "Buy BREAD" });
    expect(placeTodo([open], { ...open, completed: true }, { search: "", completed: false }, false)).toEqual(
      [],
    );
    expect(matchesQuery(open, { search: "bread", completed: null })).toBe(true);
    expect(matchesQuery(open, { search: "(", completed: null })).toBe(false);
  });
});

test.each([
  ["Straße", "STRASSE"],
  ["STRASSE", "straße"],
  ["ΟΔΟΣ", "οδος"],
  ["οδός", "ΌΣ"],
  ["K\u212aelvin", "kk"],
])("%j is found by %j", (title, search) => {
  expect(matchesQuery(aTodo({ title }), { search, completed: null })).toBe(true);
});

test("a change is announced even for a todo that the list does not show", () => {
  const { list } = answering();
  const elsewhere = aTodo({ completed: true });
  list.store.set({ query: { search: "", completed: false } });
  list.put(elsewhere);
  expect(list.state).toMatchObject({ todos: [], changed: elsewhere });
});
