import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Api, Todo } from "../src/api.ts";
import { ApiError, SessionEndedError, unreachable } from "../src/api-error.ts";
import { Outbox } from "../src/outbox.ts";
import { MAX_FAILURES, RETRY_WAITS } from "../src/sender.ts";
import { TodoList } from "../src/todo-list.ts";
import { TodoWrites } from "../src/todo-writes.ts";
import { aTodo, deferred, memory } from "./support.ts";

const body = { title: "t", description: "", dateDue: "" };
const real = aTodo({ todoID: "0198-real", title: "t" });
const known = aTodo({ todoID: "0198-known", title: "known" });

/** Everything but the network and the clock is the real thing. */
async function setUp() {
  const timers: { wait: number; work: () => void }[] = [];
  const api = {
    listTodos: vi.fn(async () => ({ todos: [known] })),
    addTodo: vi.fn(async (_body: unknown, _key: string): Promise<Todo> => real),
    updateTodo: vi.fn(async (todoID: string, part: Partial<Todo>) => ({ ...known, ...part, todoID })),
    completeTodo: vi.fn(async (todoID: string, completed: boolean) => ({ ...known, todoID, completed })),
    addTodoNotes: vi.fn(async (todoID: string, notes: string) => ({ ...known, todoID, notes })),
    deleteTodo: vi.fn(async () => undefined),
    deleteTodoUnheard: vi.fn(),
  };
  const outbox = new Outbox(memory());
  outbox.adopt("ada");
  const list: TodoList = new TodoList(api, () => writes.pending());
  let now = 1_000;
  const writes: TodoWrites = new TodoWrites(api as unknown as Api, outbox, () => list, {
    exclusively: (work) => work(),
    now: () => now,
    later: (wait, work) => {
      const timer = { wait, work };
      timers.push(timer);
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
      };
    },
  });
  await list.load();
  writes.sender.start();
  const titles = () => list.state.todos.map(({ title }) => title);
  const pass = () => {
    const timer = timers.shift();
    now += timer?.wait ?? 0;
    timer?.work();
    return timer?.wait;
  };
  return { api, list, writes, outbox, titles, pass };
}

let it: Awaited<ReturnType<typeof setUp>>;
beforeEach(async () => {
  it = await setUp();
});

describe("a change", () => {
  test("is on the screen before the API has heard of it, and keeps its place when it has", async () => {
    const answer = deferred<Todo>();
    it.api.addTodo.mockReturnValueOnce(answer.promise);
    const outcome = it.writes.add(body, "key");
    expect(it.titles()).toEqual(["t", "known"]);
    answer.resolve(real);
    expect(await outcome).toEqual({ todo: real, kept: false });
    expect(it.list.state.todos).toEqual([real, known]);
    expect(it.api.addTodo).toHaveBeenCalledWith(body, "key");
    expect(it.outbox.entries).toEqual([]);
  });

  test("that the API refuses is taken back, and its maker hears why", async () => {
    it.api.completeTodo.mockRejectedValueOnce(new ApiError(409, ["no", "Go on."]));
    const outcome = it.writes.complete(known, true);
    expect(it.list.find(known.todoID)?.completed).toBe(true);
    await expect(outcome).rejects.toThrow("no");
    expect(it.list.find(known.todoID)).toEqual(known);

    it.api.addTodo.mockRejectedValueOnce(new ApiError(422, ["bad", "Go on."]));
    await expect(it.writes.add(body, "key")).rejects.toThrow("bad");
    expect(it.titles()).toEqual(["known"]);
    expect(it.outbox.entries).toEqual([]);
  });

  test("that is refused leaves another one of the same todo on the screen", async () => {
    it.api.completeTodo.mockRejectedValueOnce(new ApiError(409, ["no", "Go on."]));
    it.api.updateTodo.mockRejectedValueOnce(unreachable());
    const refused = it.writes.complete(known, true);
    const kept = it.writes.update({ ...known, completed: true }, { title: "other" });
    await expect(refused).rejects.toThrow("no");
    expect(await kept).toEqual({ todo: null, kept: true });
    expect(it.list.find(known.todoID)).toEqual({ ...known, title: "other" });
  });

  test("that gets no answer is kept and sent again under the same key until there is one", async () => {
    it.api.addTodo.mockRejectedValueOnce(unreachable()).mockRejectedValueOnce(unreachable());
    expect(await it.writes.add(body, "key")).toEqual({ todo: null, kept: true });
    expect(it.writes.sender.store.state.phase).toBe("waiting");
    expect(it.pass()).toBe(RETRY_WAITS[0]);
    await vi.waitFor(() => expect(it.api.addTodo).toHaveBeenCalledTimes(2));
    await vi.waitFor(() => expect(it.writes.sender.store.state.phase).toBe("waiting"));
    await Promise.resolve();
    expect(it.pass()).toBe(RETRY_WAITS[1]);
    await vi.waitFor(() => expect(it.outbox.entries).toEqual([]));
    expect(it.api.addTodo.mock.calls.map(([, key]) => key)).toEqual(["key", "key", "key"]);
    expect(it.list.state.todos).toEqual([real, known]);
    expect(it.writes.sender.store.state.phase).toBe("idle");
  });

  test("of a todo that waits itself goes out with the todo's real id", async () => {
    it.api.addTodo.mockRejectedValueOnce(unreachable());
    await it.writes.add(body, "key");
    const local = it.list.state.todos[0];
    if (local) void it.writes.complete(local, true);
    it.writes.sender.kick();
    await vi.waitFor(() => expect(it.outbox.entries).toEqual([]));
    expect(it.api.completeTodo).toHaveBeenCalledWith(real.todoID, true);
  });

  test("on which the server fails again and again is given up", async () => {
    it.api.completeTodo.mockRejectedValue(new ApiError(500, ["broken", "Go on."]));
    expect(await it.writes.complete(known, true)).toMatchObject({ kept: true });
    for (let time = 1; time < MAX_FAILURES; time += 1) {
      await vi.waitFor(() => expect(it.pass()).toBeGreaterThan(0));
    }
    await vi.waitFor(() => expect(it.outbox.entries).toEqual([]));
    expect(it.api.completeTodo).toHaveBeenCalledTimes(MAX_FAILURES);
    expect(it.list.find(known.todoID)).toEqual(known);
  });

  test("outlasts a server that is away for however long", async () => {
    it.api.completeTodo.mockRejectedValue(new ApiError(503, ["away", "Go on."]));
    expect(await it.writes.complete(known, true)).toMatchObject({ kept: true });
    for (let time = 1; time < 4 * MAX_FAILURES; time += 1) {
      await vi.waitFor(() => expect(it.pass()).toBeGreaterThan(0));
    }
    expect(it.outbox.entries).toHaveLength(1);
    expect(it.writes.refusals.any).toBe(false);
    it.api.completeTodo.mockResolvedValue({ ...known, completed: true });
    it.writes.sender.kick();
    await vi.waitFor(() => expect(it.outbox.entries).toEqual([]));
  });

  test("that is refused after it was kept for later is told with its reason and its text", async () => {
    const texts = { title: "t", description: "d", dateDue: "2031-02-03" };
    it.api.addTodo.mockRejectedValueOnce(unreachable());
    expect(await it.writes.add(texts, "key")).toMatchObject({ kept: true });
    it.api.addTodo.mockRejectedValueOnce(
      new ApiError(422, ["Not like this.", "Go on."], { fields: { title: "is too long" } }),
    );
    it.writes.sender.kick();
    await vi.waitFor(() => expect(it.outbox.entries).toEqual([]));
    expect(it.writes.refusals.store.state.items).toEqual([
      {
        id: "key",
        summary: "“t” was not added.",
        reason: "Not like this. Go on. The title is too long.",
        text: "t\n2031-02-03\nd",
      },
    ]);
  });

  test("that is refused while its form waits for it is the form's to tell", async () => {
    it.api.addTodo.mockRejectedValueOnce(new ApiError(422, ["no", "Go on."]));
    await expect(it.writes.add(body, "key")).rejects.toThrow("no");
    expect(it.writes.refusals.any).toBe(false);
  });

  test("of a todo that has got its real id meanwhile goes to that one", async () => {
    const answer = deferred<Todo>();
    it.api.addTodo.mockReturnValueOnce(answer.promise);
    const added = it.writes.add(body, "key");
    const drawn = it.list.state.todos[0] ?? known;
    answer.resolve(real);
    await added;
    await it.writes.complete(drawn, true);
    expect(it.api.completeTodo).toHaveBeenCalledWith(real.todoID, true);
    expect(it.list.state.todos.map(({ todoID }) => todoID).sort()).toEqual([known.todoID, real.todoID]);
  });

  test("waits over the end of a session, and goes out with the next one", async () => {
    it.api.addTodo.mockRejectedValueOnce(new SessionEndedError());
    expect(await it.writes.add(body, "key")).toEqual({ todo: null, kept: true });
    it.writes.sender.stop();
    it.outbox.adopt(null);
    expect(it.outbox.entries).toEqual([]);
    it.outbox.adopt("ada");
    it.writes.sender.start();
    await vi.waitFor(() => expect(it.outbox.entries).toEqual([]));
    expect(it.api.addTodo).toHaveBeenCalledTimes(2);
  });

  test("is laid over a list that is loaded before it is sent", async () => {
    it.api.addTodo.mockRejectedValueOnce(unreachable());
    await it.writes.add(body, "key");
    await it.list.load();
    expect(it.titles()).toEqual(["t", "known"]);
  });
});

describe("a deletion", () => {
  test("is not sent as long as it can be undone", async () => {
    const removal = it.writes.remove(known);
    expect(it.titles()).toEqual([]);
    expect(it.writes.isDeleted(known.todoID)).toBe(true);
    expect(removal.undo()).toBe(true);
    expect(it.titles()).toEqual(["known"]);
    it.writes.sender.kick();
    await Promise.resolve();
    expect(it.api.deleteTodo).not.toHaveBeenCalled();
  });

  test("is sent once it can't be, and then is past undoing", async () => {
    const gone = vi.fn();
    it.writes.onDeleted(gone);
    const removal = it.writes.remove(known);
    removal.commit();
    expect(await removal.outcome).toEqual({ todo: null, kept: false });
    expect(it.api.deleteTodo).toHaveBeenCalledOnce();
    expect(gone).toHaveBeenCalledWith(known.todoID);
    expect(removal.undo()).toBe(false);
  });

  test("goes out with a page that is left, and once more at the next visit", async () => {
    it.writes.remove(known);
    it.writes.flush();
    expect(it.api.deleteTodoUnheard).toHaveBeenCalledWith(known.todoID);
    it.writes.sender.kick();
    await vi.waitFor(() => expect(it.api.deleteTodo).toHaveBeenCalledOnce());
  });

  test("that another tab can still take back does not go out with this one", async () => {
    it.outbox.append({ id: "elsewhere", write: { kind: "delete", todoID: "0198" }, notBefore: 60_000 });
    it.writes.flush();
    expect(it.api.deleteTodoUnheard).not.toHaveBeenCalled();
    expect(it.outbox.entries).toMatchObject([{ id: "elsewhere", notBefore: 60_000 }]);
  });

  test("that is refused brings the todo back", async () => {
    it.api.deleteTodo.mockRejectedValueOnce(new ApiError(403, ["no", "Go on."]));
    const removal = it.writes.remove(known);
    removal.commit();
    await expect(removal.outcome).rejects.toThrow("no");
    expect(it.titles()).toEqual(["known"]);
  });
});
