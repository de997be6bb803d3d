import { beforeEach, describe, expect, test } from "vitest";
import { changeOf, type Entry, isLocal, localID, Outbox, rebased } from "../src/outbox.ts";
import { connectionText } from "../src/ui/connection.ts";
import { aTodo, memory } from "./support.ts";

const body = { title: "t", description: "", dateDue: "" };
const add = (id: string, todoID = `new-${id}`): Entry => ({
  id,
  write: { kind: "add", todoID, body, dateCreated: "2026-01-01T00:00:00.000Z" },
  notBefore: 0,
});
const complete = (id: string, todoID: string): Entry => ({
  id,
  write: { kind: "complete", todoID, part: { completed: true } },
  notBefore: 0,
});
const deletion = (id: string, todoID: string, notBefore = 0): Entry => ({
  id,
  write: { kind: "delete", todoID },
  notBefore,
});
const ids = (outbox: Outbox) => outbox.entries.map(({ id }) => id);

let storage: ReturnType<typeof memory>;
let outbox: Outbox;
beforeEach(() => {
  storage = memory();
  outbox = new Outbox(storage);
  outbox.adopt("ada");
});

describe("the outbox", () => {
  test("outlives its page", () => {
    outbox.append(add("1"));
    const next = new Outbox(storage);
    next.adopt("ada");
    expect(next.entries).toEqual([add("1")]);
  });

  test("is nobody else's", () => {
    outbox.append(add("1"));
    outbox.adopt("bob");
    expect(ids(outbox)).toEqual([]);
    outbox.append(add("2"));
    outbox.adopt("ada");
    expect(ids(outbox)).toEqual(["1"]);
  });

  test("leaves nothing in the storage once it is empty", () => {
    outbox.append(add("1"));
    expect(outbox.remove("1")).toBe(true);
    expect(outbox.remove("1")).toBe(false);
    expect(storage.entries.size).toBe(0);
  });

  test("is shared by all tabs, and sees what another one has sent", () => {
    const other = new Outbox(storage);
    other.adopt("ada");
    outbox.append(add("1"));
    expect(other.reread()).toBe(false);
    expect(ids(other)).toEqual(["1"]);
    other.append(add("2"));
    outbox.append(add("3"));
    expect(ids(outbox)).toEqual(["1", "2", "3"]);
    other.remove("1");
    expect(outbox.reread()).toBe(true);
    expect(ids(outbox)).toEqual(["2", "3"]);
  });

  test("gives what waits behind an arrived todo its real id", () => {
    outbox.append(add("1", "new-a"));
    outbox.append(complete("2", "new-a"));
    outbox.append(complete("3", "other"));
    outbox.settle(add("1", "new-a"), "real");
    expect(outbox.entries).toEqual([complete("2", "real"), complete("3", "other")]);
  });

  test("makes due what could still be taken back", () => {
    outbox.append(deletion("1", "a", 99));
    outbox.append(deletion("2", "b", 99));
    outbox.hasten("1");
    expect(outbox.entries.map(({ notBefore }) => notBefore)).toEqual([0, 99]);
    outbox.hasten();
    expect(outbox.entries.map(({ notBefore }) => notBefore)).toEqual([0, 0]);
  });

  test("bears a storage that is full, and one that holds nonsense", () => {
    storage.full = true;
    outbox.append(add("1"));
    outbox.append(add("2"));
    expect(ids(outbox)).toEqual(["1", "2"]);
    storage.entries.set("outbox.bob", "{");
    outbox.adopt("bob");
    expect(ids(outbox)).toEqual([]);
  });
});

describe("what has not been sent", () => {
  test("is shown as if it had arrived", () => {
    expect(changeOf(add("1"))).toEqual({ put: aTodo({ ...body, todoID: "new-1", userID: "" }) });
    expect(changeOf(complete("1", "a"))).toEqual({ patch: "a", part: { completed: true } });
    expect(changeOf(deletion("1", "a"))).toEqual({ remove: "a" });
  });

  test("is laid over the API's answers, todo by todo", () => {
    const todo = aTodo({ todoID: "a" });
    expect(rebased(todo, [complete("1", "b")])).toEqual(todo);
    expect(rebased(todo, [complete("1", "a")])).toEqual({ ...todo, completed: true });
    expect(rebased(todo, [complete("1", "a"), deletion("2", "a")])).toBeNull();
  });

  test("has ids that sort as the newest, and among themselves by age", () => {
    const [older, newer] = [localID(9, "z"), localID(10, "a")];
    expect(older < newer).toBe(true);
    expect(older > "ffffffff-ffff-7fff-bfff-ffffffffffff").toBe(true);
    expect([isLocal(older), isLocal("0198")]).toEqual([true, false]);
  });
});

test.each([
  [true, false, 0, null],
  [true, false, 2, null],
  [false, false, 0, "You're offline. Changes are kept on this device and sent later."],
  [false, true, 1, "You're offline. 1 change is kept on this device and sent as soon as possible."],
  [
    true,
    true,
    2,
    "The server can't be reached. 2 changes are kept on this device and sent as soon as possible.",
  ],
])("online %s, stuck %s, %i changes: %s", (online, waiting, count, text) => {
  expect(
    connectionText(
      online,
      waiting,
      Array.from({ length: count }, (_, index) => add(String(index))),
    ),
  ).toBe(text);
});
